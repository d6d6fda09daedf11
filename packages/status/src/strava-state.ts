import type { QuotaStatus } from '@ikigai/contracts'
import { isDegraded, type LedgerState } from '@ikigai/quota'

/** State of Strava by the answers to all of ikigai's calls. */
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
 * State of Strava at `now` (epoch ms) by its latest answers. The only function that decides it.
 *
 * - `rate_limited`, `application_inactive`, `unavailable`: no lane calls until `until`, the next probe
 * - `degraded`: calls continue, and some of the latest have failed
 * - `available`: otherwise. A rate limit ends at its reset, the other two with an answered probe.
 */
export function stravaStateOf({ breaker }: Pick<LedgerState, 'breaker'>, now: number): StravaState {
  const { tripped } = breaker
  if (tripped === null || (tripped.reason === 'rate_limited' && now >= tripped.until))
    return { state: isDegraded(breaker, now) ? 'degraded' : 'available', until: null }
  const state = tripped.reason === 'strava_unavailable' ? 'unavailable' : tripped.reason
  return { state, until: new Date(tripped.until).toISOString() }
}

/** Whether calls fail at present because of Strava. */
export const isFailing = ({ state }: StravaState): boolean => state === 'degraded' || state === 'unavailable'
