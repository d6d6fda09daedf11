import type { QuotaStatus } from '@ikigai/contracts'
import { isDegraded, type LedgerState } from '@ikigai/quota'

/** Strava, as the answers to all calls of ikigai show it. */
export type StravaState = QuotaStatus['strava']

/** All results of {@link stravaStateOf}. */
export const STRAVA_STATES: readonly StravaState['state'][] = [
  'available',
  'degraded',
  'rate_limited',
  'application_inactive',
  'unavailable',
]

/**
 * State of Strava at `now` (epoch ms), from its latest answers. Every report of Strava's state uses this function.
 *
 * - `rate_limited`, `application_inactive`, `unavailable`: no lane calls until `until`, the next probe
 * - `degraded`: calls go on, and some of the latest have failed
 * - `available`: else. A rate limit is over at its time; the other two when a probe has been answered.
 */
export function stravaStateOf({ breaker }: Pick<LedgerState, 'breaker'>, now: number): StravaState {
  const { tripped } = breaker
  if (tripped === null || (tripped.reason === 'rate_limited' && now >= tripped.until))
    return { state: isDegraded(breaker, now) ? 'degraded' : 'available', until: null }
  const state = tripped.reason === 'strava_unavailable' ? 'unavailable' : tripped.reason
  return { state, until: new Date(tripped.until).toISOString() }
}

/** Whether calls fail at present for Strava's reasons. */
export const isFailing = ({ state }: StravaState): boolean => state === 'degraded' || state === 'unavailable'
