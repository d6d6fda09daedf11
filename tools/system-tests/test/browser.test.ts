import { launchChromium } from '@ikigai/chromium'
import { eventually } from '@ikigai/testkit'
import type { BrowserContextOptions, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { findingsOn, openVisitor } from '../src/visitor.ts'
import { asObject, startStack } from './stack.ts'

const [stack, browser] = await Promise.all([startStack(t), launchChromium()])
t.teardown(() => browser.close())
const { strava, publicUrl } = stack
const { admin } = strava
/** The same gateway under another of its names. */
const otherUrl = publicUrl.replace('127.0.0.1', 'localhost')

/** A test in a window of its own. */
const visit = (
  name: string,
  walk: (t: Test, page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
) =>
  t.test(name, async (t) => {
    const visitor = await openVisitor(browser, [publicUrl, otherUrl, strava.url], options)
    t.teardown(() => visitor.close())
    await walk(t, visitor.page)
    t.strictSame(visitor.faults.filter(isOurs), [], 'nothing on the console, no error, nobody else asked')
  })

/** Chromium writes to the console that a page has the status 404, which is what is tested. */
const isOurs = (fault: string) => !/^console: Failed to load resource.* 404 /.test(fault)

const looksGood = async (t: Test, page: Page, what: string) =>
  t.strictSame(await findingsOn(page, what), [], `${what}: accessible in both schemes, fits a phone`)

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const heading = (page: Page, name: string) => page.getByRole('heading', { name })

/** From the page through Strava's and back, unless the page to begin on is another one. */
async function signIn(page: Page, athleteName: string, from = publicUrl): Promise<void> {
  await page.goto(from)
  await page.getByRole('link', { name: 'Connect with Strava' }).click()
  await page.getByText(athleteName).click()
  await button(page, 'Authorize').click()
  await page.waitForURL(`${publicUrl}/**`)
}

/** How many streams of events a page has open. */
function streamsOf(page: Page): () => number {
  const open = new Set<unknown>()
  page.on('request', (request) => {
    if (request.url().endsWith('/v1/import/events')) open.add(request)
  })
  page.on('requestfinished', (request) => open.delete(request))
  page.on('requestfailed', (request) => open.delete(request))
  page.on('close', () => open.clear())
  return () => open.size
}

/** In a window that is not on a screen Chromium takes every tab for visible. */
const setVisibility = (page: Page, state: 'visible' | 'hidden') =>
  page.evaluate(`Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'))`)

visit('nine tabs share one stream', async (t, first) => {
  const { id } = admin.createAthlete({ firstname: 'Tia', lastname: 'Tabs', activities: 3, privateShare: 0 })
  const activity = admin.activities(id)[0]?.id ?? ''
  await signIn(first, 'Tia Tabs')
  const address = `${publicUrl}/?activity=${activity}`
  const tabs: { readonly page: Page; readonly streams: () => number }[] = []
  for (let number = 0; number < 9; number += 1) {
    const page = await first.context().newPage()
    const streams = streamsOf(page)
    await page.goto(address)
    await page.getByText('3 activities, all here').waitFor()
    tabs.push({ page, streams })
  }
  await first.close()
  const open = () => tabs.reduce((sum, { streams }) => sum + streams(), 0)
  const renamed = async (name: string, among: readonly { readonly page: Page }[]) => {
    admin.updateActivity(activity, { name })
    await Promise.all(among.map(({ page }) => heading(page, name).waitFor()))
  }
  await eventually(() => open() === 1)
  await renamed('Seen by all', tabs)

  const leader = tabs.findIndex(({ streams }) => streams() === 1)
  await tabs.splice(leader, 1)[0]?.page.close()
  await eventually(() => open() === 1)
  await renamed('Seen by those who are left', tabs)

  const hidden = tabs.find(({ streams }) => streams() === 1)
  if (hidden === undefined) return void t.fail('nobody has the stream')
  await setVisibility(hidden.page, 'hidden')
  await eventually(() => hidden.streams() === 0 && open() === 1)
  const visible = tabs.filter((tab) => tab !== hidden)
  await renamed('Seen by those who look', visible)
  t.equal(await heading(hidden.page, 'Seen by those who are left').count(), 1, 'a hidden tab rests')
  await setVisibility(hidden.page, 'visible')
  await heading(hidden.page, 'Seen by those who look').waitFor()

  for (const { page } of tabs) await setVisibility(page, 'hidden')
  await eventually(() => open() === 0)
  const [last] = tabs
  if (last === undefined) return void t.fail('there is no tab')
  admin.deleteActivity(activity)
  await setVisibility(last.page, 'visible')
  await last.page.getByText('2 activities, all here').waitFor()
  await eventually(() => open() === 1)
})

visit('where there are no locks, each tab follows for itself while it is seen', async (_t, page) => {
  admin.createAthlete({ firstname: 'Nora', lastname: 'Nolocks', activities: 2, privateShare: 0 })
  await page.addInitScript("Object.defineProperty(navigator, 'locks', { value: undefined })")
  const streams = streamsOf(page)
  await signIn(page, 'Nora Nolocks')
  await page.getByText('2 activities, all here').waitFor()
  await eventually(() => streams() === 1)
  await setVisibility(page, 'hidden')
  await eventually(() => streams() === 0)
  await setVisibility(page, 'visible')
  await eventually(() => streams() === 1)
})

visit('a sign-in that begins under another host name', async (t, page) => {
  admin.createAthlete({ firstname: 'Ole', lastname: 'Other', activities: 2, privateShare: 0 })
  const callbacks: string[] = []
  page.on('request', (request) => {
    if (request.url().includes('/auth/callback')) callbacks.push(request.url())
  })
  await signIn(page, 'Ole Other', otherUrl)
  await button(page, 'Another one').waitFor()
  t.equal(new URL(page.url()).origin, publicUrl)

  await page.goto(callbacks[0] ?? '')
  await button(page, 'Another one').waitFor()
  t.equal(page.url(), `${publicUrl}/`, 'the callback that is loaded again leads to the page')
  await page.reload()
  await button(page, 'Another one').waitFor()
})

visit('private activities are a choice, and the choice can be changed', async (t, page) => {
  const { id } = admin.createAthlete({ firstname: 'Pru', lastname: 'Private', activities: 0 })
  for (const visibility of ['everyone', 'followers_only', 'only_me'] as const)
    admin.createActivity(id, { visibility })
  await page.goto(`${publicUrl}/login`)
  await page.getByText('Pru Private').click()
  await page.getByLabel('View data about your private activities').uncheck()
  await button(page, 'Authorize').click()
  await page.getByText('2 activities, all here').waitFor()
  await page.getByText('Private activities are not included.').waitFor()
  await looksGood(t, page, 'private activities left out')

  await page.getByRole('link', { name: 'Change this at Strava' }).click()
  await page.getByText('Pru Private').click()
  await button(page, 'Authorize').click()
  await page.getByText('3 activities, all here').waitFor()
  await page.getByText('Private activities are included.').waitFor()

  await page.getByRole('link', { name: 'Change this at Strava' }).click()
  await page.getByText('Pru Private').click()
  for (const box of await page.getByRole('checkbox').all()) await box.uncheck()
  await button(page, 'Authorize').click()
  await heading(page, 'No access to your activities').waitFor()
  t.notMatch(page.url(), /code=|state=/)
  await looksGood(t, page, 'no activities allowed')
})

visit(
  "days are the activities' own, whatever the reader's zone",
  async (t, page) => {
    const { id } = admin.createAthlete({ firstname: 'Dee', lastname: 'Day', activities: 0 })
    // Noon in Greenwich is the same day nearly everywhere, and tomorrow on Kiritimati.
    admin.createActivity(id, { name: 'Midsummer', startDate: '2026-06-15T12:00:00Z' })
    admin.createActivity(id, { name: 'The last of the year', startDate: '2025-12-31T12:00:00Z' })
    await signIn(page, 'Dee Day')
    await page.getByText('2 activities, all here').waitFor()
    for (const [day, name, text] of [
      ['2026-06-15', 'Midsummer', '15 June 2026'],
      ['2025-12-31', 'The last of the year', '31 December 2025'],
    ] as const) {
      await page.getByLabel('From', { exact: true }).fill(day)
      await page.getByLabel('To', { exact: true }).fill(day)
      await button(page, 'Show one of these').click()
      await heading(page, name).waitFor()
      t.match(await page.locator('.when').textContent(), text)
    }
    await page.getByLabel('From', { exact: true }).fill('2026-06-16')
    await page.getByLabel('To', { exact: true }).fill('2026-06-16')
    await button(page, 'Show one of these').click()
    await heading(page, 'No activity matches').waitFor()
    await page.getByRole('button', { name: 'Earlier' }).click()
    await page.getByRole('link', { name: /31 December 2025|31 Dec 2025/ }).waitFor()
  },
  { timezoneId: 'Pacific/Kiritimati' },
)

visit('who can make an account is said before the sign-in', async (t, page) => {
  let signUp = 'open'
  await page.route('**/v1/status', async (route) => {
    const answer: unknown = await (await route.fetch()).json()
    await route.fulfill({ json: { ...asObject(answer), sign_up: signUp } })
  })
  for (const [state, text] of [
    ['invite', /New accounts need an invitation/],
    ['allow_list', /only for athletes whom the operator/],
    ['full', /Strava allows this site no more athletes/],
  ] as const) {
    signUp = state
    await page.goto(publicUrl)
    await page.getByText(text).waitFor()
    t.ok(await page.getByRole('link', { name: 'Connect with Strava' }).isVisible(), 'those with an account')
  }
  await looksGood(t, page, 'no more athletes')
})

visit('page: reads the session again while the service does not answer', async (t, page) => {
  let attempts = 0
  await page.route('**/v1/me', async (route) => {
    attempts += 1
    if (attempts > 2) await route.continue()
    else await route.fulfill({ status: 503, headers: { 'retry-after': '0' }, json: {} })
  })
  await page.goto(publicUrl)
  await heading(page, 'Where have you been?').waitFor()
  t.equal(attempts, 3, 'without a click')
})

visit('addresses that people type, and what is not there', async (t, page) => {
  await page.goto(`${publicUrl}/status/`)
  await heading(page, 'Status').first().waitFor()
  t.equal(page.url(), `${publicUrl}/status`)
  await page.goto(`${publicUrl}/nowhere`)
  await heading(page, 'Page not found').waitFor()
  await looksGood(t, page, 'not found')
  await page.goto(`${publicUrl}/problems/no-activity-yet/`)
  await heading(page, 'no-activity-yet').waitFor()
  await page.goto(`${publicUrl}/problems/`)
  await heading(page, 'Problems').waitFor()
  await looksGood(t, page, 'problems')
  await page.goto(`${publicUrl}/auth/`)
  await heading(page, 'Not found').waitFor()
  await page.getByRole('link', { name: 'Start page' }).click()
  await heading(page, 'Where have you been?').waitFor()
})
