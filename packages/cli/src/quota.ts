import { type Environment, loadConfig, stravaLimitSettings } from '@ikigai/chassis/config'
import { queueByLane } from '@ikigai/db'
import { initialState, readLedger } from '@ikigai/quota'
import { quotaStatus } from '@ikigai/status'
import { type Command, table, withDatabase } from './command.ts'

/** Limits, usage and lanes, from the ledger and the queue. */
export const quotaOf = (env: Environment) =>
  withDatabase(env, async (db) => {
    const now = Date.now()
    const { stravaReadLimit: read, stravaOverallLimit: overall } = loadConfig(env, stravaLimitSettings)
    const lanes = await queueByLane(db, new Date(now))
    const status = quotaStatus((await readLedger(db)) ?? initialState({ read, overall }, now), now, lanes)
    return { status, lanes }
  })

/** `quota` */
export const quota: Command = {
  usage: 'quota',
  does: "shows Strava's limits and their usage, and the queue of each lane",
  run: async (_, env) => {
    const { status, lanes } = await quotaOf(env)
    const windows = status.windows.map(({ window, counter, used, limit, resets_at }) => [
      window,
      counter,
      `${used} of ${limit}`,
      resets_at,
    ])
    const rows = lanes.map(({ lane, waiting, delayed, underWay, dead }) => {
      const wait = status.lanes.find((each) => each.lane === lane)?.waiting
      const why = wait === undefined || wait === null ? '' : `${wait.reason} until ${wait.until ?? '?'}`
      return [lane, String(waiting), String(delayed), String(underWay), String(dead), why]
    })
    const text = [
      `Strava: ${status.strava.state}${status.strava.until === null ? '' : ` until ${status.strava.until}`}`,
      table([['window', 'counter', 'used', 'resets at'], ...windows]),
      table([['lane', 'waiting', 'delayed', 'under way', 'given up', 'waits for'], ...rows]),
    ]
    return { value: { ...status, jobs: lanes }, text: text.join('\n\n') }
  },
}
