import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LaunchError } from './errors.ts'

/** The Strava application that the simulator plays. */
export const DEMO_CLIENT_ID = '12345'

/** Small enough that the longest history has to wait for the next quarter of an hour: `15 minutes,day`. */
export const DEMO_LIMITS = { READ_LIMIT: '30,600', OVERALL_LIMIT: '60,1200' }

/** About Strava's time for a list of 200, so that a history visibly arrives page by page. */
const LIST_LATENCY_MS = 900

/** Strava's lists are sometimes short or even empty before their end. */
const IRREGULAR_PAGES = { listShortPages: 0.3, listHoles: 0.05 }

/** The demo athletes: different sports, and histories from none to a long one. */
const ATHLETES = [
  {
    firstname: 'Lea',
    lastname: 'Brandt',
    activities: 640,
    years: 4,
    sports: ['Run', 'TrailRun', 'Walk', 'Hike', 'Swim', 'Yoga'],
  },
  {
    firstname: 'Tomás',
    lastname: 'Rivera',
    activities: 1_850,
    years: 8,
    sports: ['Ride', 'GravelRide', 'MountainBikeRide', 'VirtualRide', 'WeightTraining'],
  },
  { firstname: 'Aiko', lastname: 'Tanaka', activities: 4_200, years: 13 },
  { firstname: 'Noor', lastname: 'Haddad', activities: 7, years: 0.1, sports: ['Run', 'Walk'] },
  { firstname: 'Sam', lastname: 'Newcomer', activities: 0 },
]

/**
 * Creates the demo athletes. Their histories always end on the day of the first start, so that the simulator, which keeps no
 * state, agrees with the database.
 *
 * @throws LaunchError when the simulator refuses
 */
export async function createDemoAthletes(simulatorUrl: string, stateDir: string): Promise<number> {
  const until = await firstStart(stateDir)
  for (const [index, athlete] of ATHLETES.entries())
    await post(`${simulatorUrl}/simulator/athletes`, { ...athlete, seed: index + 1, until })
  await patch(`${simulatorUrl}/simulator/settings`, IRREGULAR_PAGES)
  await post(`${simulatorUrl}/simulator/faults`, { kind: 'slow', route: 'list', latencyMs: LIST_LATENCY_MS })
  return ATHLETES.length
}

async function firstStart(stateDir: string): Promise<string> {
  const file = join(stateDir, 'demo-until')
  const known = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (known !== '') return known
  const now = new Date().toISOString()
  await writeFile(file, `${now}\n`)
  return now
}

/** @throws LaunchError */
export const post = (url: string, body: unknown): Promise<void> => send('POST', url, body)

/** @throws LaunchError */
const patch = (url: string, body: unknown): Promise<void> => send('PATCH', url, body)

async function send(method: 'POST' | 'PATCH', url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (response.ok) return
  throw new LaunchError(
    `The simulator answers ${response.status} to ${method} ${url}: ${await response.text()}`,
  )
}
