import type { StravaWebhookEvent } from '@ikigai/strava'

import { CLOCK_MARGIN_MS } from '../clocks/ahead.ts'

/**
 * Whether an event is older than the athlete's connection, so that the import that started with it supersedes the event. Such
 * events can arrive long after the athlete disconnected and connected again. A `connectedAt` in the future, written by a wrong
 * clock, counts as now.
 */
export function isOfEarlierConnection(
  { eventTime }: Pick<StravaWebhookEvent, 'eventTime'>,
  connectedAt: Date,
  now: Date,
): boolean {
  return eventTime * 1_000 + CLOCK_MARGIN_MS <= Math.min(connectedAt.getTime(), now.getTime())
}
