import type { ClockBound } from './clock-bound.ts'
import type { LedgerState } from './state.ts'
import { HOUR_MS, WINDOW_MS, windowStart } from './windows.ts'

/**
 * Corrects a state whose windows lie in the future, because a wrong clock wrote it. Its windows are set to the current ones:
 * otherwise no window would start until then, and Strava's counters would be taken for those of an earlier window. Used calls
 * stay counted.
 * Replicas may differ by a quarter of an hour; a clock that runs behind by less never turns a window back.
 */
export function asOfNow(state: LedgerState, { earliest, latest }: ClockBound): LedgerState {
  if (state.start.quarterHour <= latest + WINDOW_MS.quarterHour) return state
  const { tripped } = state.breaker
  return {
    ...state,
    start: { quarterHour: windowStart('quarterHour', earliest), day: windowStart('day', earliest) },
    leases: state.leases.filter(({ reservedAtMin }) => reservedAtMin <= latest),
    // Half-open at once: a single call shows whether the outage is over.
    breaker: {
      failures: state.breaker.failures,
      tripped: tripped && {
        reason: tripped.reason,
        until: Math.min(tripped.until, earliest),
        trips: tripped.trips,
      },
    },
    load: { ...state.load, hour: earliest - (earliest % HOUR_MS) },
  }
}
