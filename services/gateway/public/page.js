import * as api from './api.js'
import { climb, distance, duration, moment, sport, startedAt } from './format.js'

const REFRESH_MS = 3000
const element = (id) => document.getElementById(id)
const show = (id, isShown) => {
  element(id).hidden = !isShown
}

let hasActivity = false
let refreshTimer

async function start() {
  element('another').addEventListener('click', () => whileBusy(element('another'), nextActivity))
  element('sign-out').addEventListener('click', () => whileBusy(element('sign-out'), signOut))
  element('disconnect').addEventListener('click', () => element('confirm').showModal())
  element('confirm').addEventListener('close', () => {
    if (element('confirm').returnValue === 'yes') whileBusy(element('disconnect'), disconnect)
  })
  await attempt(async () => {
    const athlete = await api.me()
    const name = [athlete.first_name, athlete.last_name].filter(Boolean).join(' ')
    element('greeting').textContent = name || athlete.username || ''
    show('signed-in', true)
    await Promise.all([nextActivity(), refreshImport()])
  })
}

/** Runs what the athlete asked for; what goes wrong is told, and an ended session leads back to the start. */
async function attempt(step) {
  show('notice', false)
  try {
    await step()
  } catch (error) {
    if (error.status === 401) return showSignedOut()
    element('notice').textContent = error.message
    show('notice', true)
  }
}

async function whileBusy(button, step) {
  button.disabled = true
  await attempt(step)
  button.disabled = false
}

function showSignedOut() {
  clearTimeout(refreshTimer)
  element('greeting').textContent = ''
  show('notice', false)
  show('signed-in', false)
  show('signed-out', true)
}

async function nextActivity() {
  try {
    showActivity(await api.randomActivity())
  } catch (error) {
    if (error.status !== 404) throw error
    showNoActivity()
  }
}

function showActivity(activity) {
  hasActivity = true
  element('activity-kind').textContent = sport(activity.sport_type)
  element('activity-name').textContent = activity.name
  element('activity-when').textContent = startedAt(activity.start_time)
  element('activity-link').href = activity.strava_url
  show('activity-link', true)
  show('another', true)
  showFacts({
    Distance: distance(activity.distance_meters),
    'Moving time': duration(activity.moving_time_seconds),
    Climb: climb(activity.elevation_gain_meters),
  })
}

function showNoActivity() {
  hasActivity = false
  element('activity-kind').textContent = ''
  element('activity-name').textContent = 'No activity yet'
  element('activity-when').textContent = 'It appears here as soon as Strava has handed it over.'
  show('activity-link', false)
  show('another', false)
  showFacts({})
}

function showFacts(facts) {
  const nodes = Object.entries(facts).map(([term, text]) => {
    const [group, name, value] = ['div', 'dt', 'dd'].map((tag) => document.createElement(tag))
    name.textContent = term
    value.textContent = text
    group.append(name, value)
    return group
  })
  element('activity-facts').replaceChildren(...nodes)
}

const STATES = {
  queued: 'Your history comes in soon.',
  running: 'Your history is coming in.',
  complete: 'Your whole history is here.',
  blocked: 'Your history waits for you.',
}

async function refreshImport() {
  clearTimeout(refreshTimer)
  const status = await api.importStatus()
  const stored = status.activities_stored.toLocaleString()
  element('import-state').textContent =
    `${STATES[status.state]} ${stored} ${status.activities_stored === 1 ? 'activity' : 'activities'} so far.`
  showWait(status.waiting)
  show('reconnect', status.state === 'blocked')
  if (!hasActivity && status.activities_stored > 0) await nextActivity()
  if (status.state !== 'complete') refreshTimer = setTimeout(refreshAgain, REFRESH_MS)
}

/** A page that nobody looks at asks nothing, and a refresh that fails is followed by another. */
async function refreshAgain() {
  refreshTimer = setTimeout(refreshAgain, REFRESH_MS)
  if (document.visibilityState === 'hidden') return
  try {
    await refreshImport()
  } catch (error) {
    if (error.status === 401) showSignedOut()
    else showWait({ detail: error.message })
  }
}

function showWait(waiting) {
  const end = waiting?.until ? ` It goes on at ${moment(waiting.until)}.` : ''
  element('import-wait').textContent = waiting ? waiting.detail + end : ''
  show('import-wait', Boolean(waiting))
}

async function signOut() {
  await api.signOut()
  showSignedOut()
}

async function disconnect() {
  await api.disconnect()
  showSignedOut()
}

await start()
