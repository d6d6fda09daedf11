import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LaunchError } from './errors.ts'

/** The Strava application that the simulator plays. */
export const DEMO_CLIENT_ID = '12345'

/** Small enough that signing in the third athlete shows how waiting looks: `15 minutes,day`. */
export const DEMO_LIMITS = { READ_LIMIT: '30,300', OVERALL_LIMIT: '60,600' }

/** Activities of each demo athlete. */
const HISTORIES = [40, 800, 3_000]

/**
 * Makes the demo athletes. The day of the first start ends their history on every later one, so that the simulator, which
 * forgets, tells the same story as the database, which does not.
 *
 * @throws LaunchError when the simulator refuses
 */
export async function createDemoAthletes(simulatorUrl: string, stateDir: string): Promise<number> {
  const until = await firstStart(stateDir)
  for (const [index, activities] of HISTORIES.entries()) {
    await call(`${simulatorUrl}/simulator/athletes`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ activities, seed: index + 1, until }),
    })
  }
  return HISTORIES.length
}

async function firstStart(stateDir: string): Promise<string> {
  const file = join(stateDir, 'demo-until')
  const known = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (known !== '') return known
  const now = new Date().toISOString()
  await writeFile(file, `${now}\n`)
  return now
}

async function call(url: string, init: RequestInit): Promise<void> {
  const response = await fetch(url, { method: 'POST', ...init })
  if (response.ok) return
  throw new LaunchError(`The simulator answers ${response.status} to POST ${url}: ${await response.text()}`)
}
