import { uncountDemand } from './demand.ts'
import { asMoment, type Moment } from './moment.ts'
import { count, roll } from './rules.ts'
import { type Closure, COUNTERS, type Lease, type LedgerState, windowEnd } from './state.ts'
import { WINDOWS, type Window } from './windows.ts'

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
  /** Strava's clock in the answer (its `Date`): epoch ms. Absent where it gave none. */
  readonly answeredAt?: number | undefined
  /** `Retry-After`, if it came. */
  readonly retryAfterMs?: number | undefined
  /** The same work has failed before: that it fails again says nothing of Strava as a whole, unless others fail too. */
  readonly repeated?: boolean | undefined
}

/** Failures in a row before calls stop and single ones probe. */
const FAILURES_TO_CLOSE = 5
/** So many pieces of work that failed one after another are no matter of one of them: from then on each failure counts. */
const WORKS_TO_SUSPECT = 2
const CLOSED_MS = {
  application_inactive: { first: 60_000, most: 900_000 },
  strava_unavailable: { first: 15_000, most: 300_000 },
}

/** Ends a lease. Strava's headers are the truth: its limits are taken as they are, its usage where it is larger. */
export function settle(
  state: LedgerState,
  lease: Lease,
  outcome: Outcome,
  now: number | Moment,
): LedgerState {
  const moment = asMoment(now)
  let next = release(roll(state, moment), lease, outcome, moment)
  if (outcome.reading !== undefined) next = readHeaders(next, outcome.reading, lease)
  return health(next, lease, outcome, moment.earliest)
}

function release(state: LedgerState, lease: Lease, { result }: Outcome, { latest }: Moment): LedgerState {
  const leases = state.leases.filter(({ id }) => id !== lease.id)
  if (leases.length === state.leases.length) return state
  const next = { ...state, leases }
  if (result === 'unsent')
    return { ...count(next, -1), demand: uncountDemand(next.demand, lease.lane, lease.at) }
  return latest < windowEnd(state, 'short') ? next : { ...next, ahead: state.ahead + 1 }
}

function readHeaders(state: LedgerState, reading: Reading, lease: Lease): LedgerState {
  let next = state
  for (const counter of COUNTERS) {
    const seen = reading[counter]
    if (seen === undefined) continue
    const used = { ...next[counter].used }
    const limit = { ...next[counter].limit }
    for (const window of WINDOWS) {
      limit[window] = seen[window].limit
      // The answer to a call from before the edge may speak of the window that is over.
      if (lease.at >= next.start[window]) used[window] = Math.max(used[window], seen[window].used)
    }
    next = { ...next, [counter]: { limit, used } }
  }
  return next
}

function health(state: LedgerState, lease: Lease, outcome: Outcome, at: number): LedgerState {
  switch (outcome.result) {
    case 'answered':
      return isProbe(state, lease) ? open(state, at) : { ...state, failures: 0 }
    case 'rate_limited':
      return { ...state, failures: 0, closed: rateLimited(state, outcome, at) }
    case 'application_inactive':
      return { ...state, failures: 0, closed: closeFor('application_inactive', state, at) }
    default: {
      const counts = outcome.repeated !== true || state.failures >= WORKS_TO_SUSPECT
      const failures = state.failures + (counts ? 1 : 0)
      const close = failures >= FAILURES_TO_CLOSE || isProbe(state, lease)
      return { ...state, failures, closed: close ? closeFor('strava_unavailable', state, at) : state.closed }
    }
  }
}

/** What came while it was closed is called from now on. */
function open(state: LedgerState, at: number): LedgerState {
  const { since } = state.closed ?? {}
  const demand =
    since === undefined ? state.demand : { ...state.demand, gap: { until: at, ms: Math.max(0, at - since) } }
  return { ...state, failures: 0, closed: null, demand }
}

/** Made after the closure's time. Calls that were under way when it closed say nothing new, however they end. */
const isProbe = ({ closed }: LedgerState, lease: Lease) => closed !== null && lease.at >= closed.until

function rateLimited(state: LedgerState, { reading, retryAfterMs }: Outcome, at: number): Closure {
  const full = (window: Window) =>
    COUNTERS.some((counter) => {
      const seen = reading?.[counter]?.[window]
      return seen !== undefined && seen.used >= seen.limit
    })
  const edge = windowEnd(state, full('day') ? 'day' : 'short')
  const until = Math.max(edge, at + (retryAfterMs ?? 0))
  return { reason: 'rate_limited', since: at, until, times: 1 }
}

function closeFor(reason: keyof typeof CLOSED_MS, state: LedgerState, at: number): Closure {
  const { closed } = state
  if (closed !== null && at < closed.until) return closed
  const again = closed?.reason === reason
  const times = again ? closed.times + 1 : 1
  const since = (again ? closed.since : undefined) ?? at
  const { first, most } = CLOSED_MS[reason]
  return { reason, since, until: at + Math.min(most, first * 2 ** (times - 1)), times }
}
