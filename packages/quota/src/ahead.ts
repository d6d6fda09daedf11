import type { ClockBound } from './clock-bound.ts'
import type { LedgerState } from './state.ts'
import { HOUR_MS, WINDOW_MS, windowStart } from './windows.ts'

/**
 * A state whose windows are yet to begin was written by a clock that was wrong. It counts as of now: else no window would
 * begin until then, and Strava's own counters would be taken for those of an earlier one. What was called stays counted.
 * Replicas may differ by a quarter of an hour; a clock that runs behind by less never turns a window back.
 */
export function asOfNow(state: LedgerState, { earliest, latest }: ClockBound): LedgerState {
  if (state.start.quarterHour <= latest + WINDOW_MS.quarterHour) return state
  const { tripped } = state.breaker
  return {
    ...state,
    start: { quarterHour: windowStart('quarterHour', earliest), day: windowStart('day', earliest) },
    leases: state.leases.filter(({ reservedAtMin }) => reservedAtMin <= latest),
    // Whether it is over, a single call will show.
    breaker: {
      ...state.breaker,
      tripped: tripped && { ...tripped, until: Math.min(tripped.until, earliest) },
    },
    load: { ...state.load, hour: earliest - (earliest % HOUR_MS) },
  }
}
