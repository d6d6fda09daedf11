import { advanceTo } from './admission.ts'
import {
  afterAnswer,
  afterFailure,
  afterOtherFailure,
  type CircuitBreaker,
  trip,
  tripUntil,
} from './circuit-breaker.ts'
import { asClockBound, type ClockBound } from './clock-bound.ts'
import { countServed } from './served-load.ts'
import { addCalls, COUNTERS, type Lease, type LedgerState, windowEnd } from './state.ts'
import { WINDOWS, type Window } from './windows.ts'

/** One counter of Strava's rate-limit headers. */
export interface CounterHeaders {
  readonly quarterHour: { readonly limit: number; readonly used: number }
  readonly day: { readonly limit: number; readonly used: number }
}

/** Strava's rate-limit headers; a pair that was absent or malformed is left out. */
export interface RateLimitHeaders {
  readonly read?: CounterHeaders | undefined
  readonly overall?: CounterHeaders | undefined
}

/** Outcome of a call for the ledger. */
export interface Outcome {
  /**
   * `answered`: a well-formed answer, success or not. `unsent`: the request cannot have reached Strava. `unused`: no call was
   * attempted. `no_token`: none was attempted, because Strava failed to renew the token.
   * `rate_limited`: 429. `application_inactive`: 403 Inactive. `unavailable`: 5xx, time-out, broken connection.
   */
  readonly result:
    | 'answered'
    | 'unsent'
    | 'unused'
    | 'no_token'
    | 'rate_limited'
    | 'application_inactive'
    | 'unavailable'
  readonly headers?: RateLimitHeaders | undefined
  /** Strava's clock in the answer (its `Date`): epoch ms. Absent if there was none. */
  readonly answeredAt?: number | undefined
  /** `Retry-After`, if present. */
  readonly retryAfterMs?: number | undefined
  /** The same job failed before: another failure does not count towards the circuit breaker, unless other jobs fail too. */
  readonly isRetry?: boolean | undefined
}

/** Ends a lease. Strava's headers are authoritative: its limits replace ours, its usage does where it is larger. */
export function settle(
  state: LedgerState,
  lease: Lease,
  outcome: Outcome,
  now: number | ClockBound,
): LedgerState {
  const bound = asClockBound(now)
  let next = release(advanceTo(state, bound), lease, outcome, bound)
  if (outcome.headers !== undefined) next = readHeaders(next, outcome.headers, lease)
  return { ...next, breaker: updateBreaker(next, lease, outcome, bound.earliest) }
}

function release(state: LedgerState, lease: Lease, { result }: Outcome, { latest }: ClockBound): LedgerState {
  const leases = state.leases.filter(({ id }) => id !== lease.id)
  if (leases.length === state.leases.length) return state
  const next = { ...state, leases }
  if (result === 'unsent' || result === 'unused' || result === 'no_token') {
    const isOfThisHour = lease.reservedAtMin >= next.load.hour && next.load.calls[lease.lane] > 0
    const load = isOfThisHour ? countServed(next.load, { [lease.lane]: -1 }) : next.load
    return { ...addCalls(next, -1), load }
  }
  return latest < windowEnd(state, 'quarterHour') ? next : { ...next, carryOver: state.carryOver + 1 }
}

function readHeaders(state: LedgerState, headers: RateLimitHeaders, lease: Lease): LedgerState {
  let next = state
  for (const counter of COUNTERS) {
    const seen = headers[counter]
    if (seen === undefined) continue
    const used = { ...next[counter].used }
    const limit = { ...next[counter].limit }
    for (const window of WINDOWS) {
      limit[window] = seen[window].limit
      // The answer to a call from before the boundary may report the usage of the previous window.
      if (lease.reservedAtMin >= next.start[window]) used[window] = Math.max(used[window], seen[window].used)
    }
    next = { ...next, [counter]: { limit, used } }
  }
  return next
}

function updateBreaker(state: LedgerState, lease: Lease, outcome: Outcome, at: number): CircuitBreaker {
  const { breaker } = state
  switch (outcome.result) {
    case 'unused':
      return breaker
    case 'no_token':
      return afterOtherFailure(breaker, at)
    case 'answered':
      return afterAnswer(breaker, lease.reservedAtMin)
    case 'rate_limited':
      return tripUntil(rateLimitReset(state, outcome, at))
    case 'application_inactive':
      return trip(breaker, 'application_inactive', at)
    default:
      return afterFailure(breaker, lease.reservedAtMin, outcome.isRetry === true, at)
  }
}

/** Reset of the window that a 429's headers show as full, at the earliest after its `Retry-After`: epoch ms. */
function rateLimitReset(state: LedgerState, { headers, retryAfterMs }: Outcome, at: number): number {
  const isFull = (window: Window) =>
    COUNTERS.some((counter) => {
      const seen = headers?.[counter]?.[window]
      return seen !== undefined && seen.used >= seen.limit
    })
  const reset = windowEnd(state, isFull('day') ? 'day' : 'quarterHour')
  return Math.max(reset, at + (retryAfterMs ?? 0))
}
