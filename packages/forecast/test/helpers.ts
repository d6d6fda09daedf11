import type { Lane } from '@ikigai/contracts'
import { initialState, type LedgerState, reserve } from '@ikigai/quota'
import { ArrivalHistory, type Arrivals } from '../src/index.ts'

/** A Monday, a quarter of an hour and five seconds after noon (UTC). */
export const NOON = Date.UTC(2026, 5, 15, 12, 15, 5)
export const MINUTE = 60_000
export const QUARTER = 15 * MINUTE
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const MIDNIGHT = NOON - (NOON % DAY)

export const NOBODY = { signup: 0, newest: 0, webhook: 0, resync: 0 }

export const limitsOf = (quarterHour: number, day: number) => ({
  read: { quarterHour, day },
  overall: { quarterHour: 2 * quarterHour, day: 2 * day },
})

export const fresh = (quarterHour = 100, day = 1_000, now = NOON) =>
  initialState(limitsOf(quarterHour, day), now)

/** Asks for one call of a lane. */
export const ask = (state: LedgerState, lane: Lane, now: number) =>
  reserve(state, { id: String(now), lane, now, leaseMs: 1 })

/** Eight days on which nobody has come. */
export function quiet(): LedgerState {
  let state = fresh(100, 1_000, NOON - 8 * DAY)
  for (let quarter = 0; quarter < 8 * 96; quarter++)
    state = ask(state, 'enrich', NOON - 8 * DAY + quarter * QUARTER).state
  return state
}

export const quietArrivals = (since = NOON - 8 * DAY): Arrivals => ({
  signup: new ArrivalHistory(since),
  webhook: new ArrivalHistory(since),
})
