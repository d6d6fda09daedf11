import { count, EDGE_GUARD_MS, roll, windowsOf } from './rules.ts'
import { type Closure, COUNTERS, type LedgerState, windowEnd } from './state.ts'
import { WINDOWS, type Window, windowStart } from './windows.ts'

/** One counter as Strava's headers give it. */
export interface CounterReading {
  readonly short: { readonly limit: number; readonly used: number }
  readonly day: { readonly limit: number; readonly used: number }
}

/** Strava's rate-limit headers; a pair that was absent or malformed is left out. */
export interface Reading {
  readonly read?: CounterReading | undefined
  readonly overall?: CounterReading | undefined
}

/** How a call ended, as far as the ledger is concerned. */
export interface Outcome {
  /**
   * `answered`: Strava said something sensible, good or bad. `unsent`: the request cannot have reached it.
   * `rate_limited`: 429. `application_inactive`: 403 Inactive. `unavailable`: 5xx, time-out, broken connection.
   */
  readonly result: 'answered' | 'unsent' | 'rate_limited' | 'application_inactive' | 'unavailable'
  readonly reading?: Reading | undefined
  /** Strava's clock in the answer where it gave one, else ours: epoch ms. Says which window the reading is of. */
  readonly answeredAt: number
  /** `Retry-After`, if it came. */
  readonly retryAfterMs?: number | undefined
}

/** Failures in a row before calls stop and single ones probe. */
const FAILURES_TO_CLOSE = 5
const CLOSED_MS = {
  application_inactive: { first: 60_000, most: 900_000 },
  strava_unavailable: { first: 15_000, most: 300_000 },
}

/** Ends a lease. Strava's headers are the truth: its limits are taken as they are, its usage where it is larger. */
export function settle(state: LedgerState, leaseId: string, outcome: Outcome, now: number): LedgerState {
  const lease = state.leases.find(({ id }) => id === leaseId)
  let next = roll({ ...state, leases: state.leases.filter(({ id }) => id !== leaseId) }, now)
  if (outcome.result === 'unsent' && lease !== undefined) next = count(next, windowsOf(next, lease.at), -1)
  if (outcome.reading !== undefined) next = readHeaders(next, outcome.reading, outcome.answeredAt)
  return health(next, outcome, now)
}

function readHeaders(state: LedgerState, reading: Reading, answeredAt: number): LedgerState {
  let next = state
  for (const counter of COUNTERS) {
    const seen = reading[counter]
    if (seen === undefined) continue
    const used = { ...next[counter].used }
    const limit = { ...next[counter].limit }
    for (const window of WINDOWS) {
      limit[window] = seen[window].limit
      // An answer from before the edge speaks of a window that is over.
      if (windowStart(window, answeredAt) >= next.start[window])
        used[window] = Math.max(used[window], seen[window].used)
    }
    next = { ...next, [counter]: { limit, used } }
  }
  return next
}

function health(state: LedgerState, outcome: Outcome, now: number): LedgerState {
  switch (outcome.result) {
    case 'answered':
      return {
        ...state,
        failures: 0,
        closed: state.closed?.probing === true || state.failures > 0 ? null : state.closed,
      }
    case 'rate_limited':
      return { ...state, failures: 0, closed: rateLimited(state, outcome, now) }
    case 'application_inactive':
      return { ...state, failures: 0, closed: closeFor('application_inactive', state, now) }
    default: {
      const failures = state.failures + 1
      const close = failures >= FAILURES_TO_CLOSE || state.closed?.probing === true
      return { ...state, failures, closed: close ? closeFor('strava_unavailable', state, now) : state.closed }
    }
  }
}

function rateLimited(state: LedgerState, { reading, retryAfterMs }: Outcome, now: number): Closure {
  const full = (window: Window) =>
    COUNTERS.some((counter) => {
      const seen = reading?.[counter]?.[window]
      return seen !== undefined && seen.used >= seen.limit
    })
  const edge = windowEnd(state, full('day') ? 'day' : 'short') + EDGE_GUARD_MS
  return {
    reason: 'rate_limited',
    until: Math.max(edge, now + (retryAfterMs ?? 0)),
    times: 1,
    probing: false,
  }
}

function closeFor(reason: keyof typeof CLOSED_MS, state: LedgerState, now: number): Closure {
  const { closed } = state
  // Calls that were under way when it closed fail too; they say nothing new.
  if (closed?.reason === reason && now < closed.until) return closed
  const times = closed?.reason === reason ? closed.times + 1 : 1
  const { first, most } = CLOSED_MS[reason]
  return { reason, until: now + Math.min(most, first * 2 ** (times - 1)), times, probing: true }
}
