import type { StravaWebhookEvent } from '@ikigai/strava'

/** Our clock and Strava's differ by less. */
const CLOCK_MARGIN_MS = 60_000

/**
 * Whether an event speaks of the time before the athlete connected, which the import that began then knows better: an
 * event of an earlier connection may come long after he has disconnected and connected again. A connection that is yet to
 * come, by a clock that was wrong, counts as now.
 */
export function isOfEarlierConnection(
  { eventTime }: Pick<StravaWebhookEvent, 'eventTime'>,
  connectedAt: Date,
  now: Date,
): boolean {
  return eventTime * 1_000 + CLOCK_MARGIN_MS <= Math.min(connectedAt.getTime(), now.getTime())
}
