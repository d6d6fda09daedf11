import type { Wait, WaitReason } from '@ikigai/contracts'

const DETAIL: Record<WaitReason, string> = {
  quota_15min: "Strava's limit for this quarter of an hour is spent.",
  quota_day: "Strava's limit for this day (UTC) is spent.",
  reserved: 'What is left of the limit is kept for new sign-ups and new activities.',
  rate_limited: 'Strava asks for a pause.',
  application_inactive: 'Strava has disabled this application.',
  strava_unavailable: 'Strava does not answer at present.',
  service_unavailable: 'A part of this service is down; Strava is not the reason.',
  token_rejected: 'Strava rejects an access token that it has just confirmed; it is used again in a moment.',
  needs_reauthorization: 'Strava no longer accepts the permission; connect again.',
  scope_missing: 'The permission to read activities was not given.',
  queued: 'Waiting in the queue.',
  unconfirmed:
    'Strava has not confirmed the whole history in time; what it has not confirmed is not shown until it has.',
}

/** A wait as clients see it. `until` is epoch ms; undefined: no known end. */
export const waitOf = (reason: WaitReason, until?: number): Wait => ({
  reason,
  until: until === undefined ? null : new Date(until).toISOString(),
  detail: DETAIL[reason],
})
