import type { EtaChange, EtaReason, ImportStatus, Wait, WaitReason } from '@ikigai/contracts'

/** Explanation of a wait. */
export interface WaitText {
  readonly title: string
  readonly text: string
}

const TEXTS: Readonly<Record<WaitReason, WaitText>> = {
  quota_15min: {
    title: 'Waiting for Strava’s 15-minute limit',
    text: 'Strava limits how many requests this app may make every 15 minutes. The limit is used up.',
  },
  quota_day: {
    title: 'Waiting for Strava’s daily limit',
    text: 'Strava limits how many requests this app may make per day. The limit is used up; it resets at midnight UTC.',
  },
  reserved: {
    title: 'More urgent requests go first',
    text: 'The rest of Strava’s limit is reserved for new athletes and new activities.',
  },
  rate_limited: {
    title: 'Strava is limiting requests',
    text: 'Strava asked this app to pause.',
  },
  application_inactive: {
    title: 'Strava has disabled this app',
    text: 'The operator of this site must resolve this with Strava. Activities already imported stay visible.',
  },
  strava_unavailable: {
    title: 'Strava is not responding',
    text: 'Strava is down or very slow. We keep trying; you don’t need to do anything.',
  },
  service_unavailable: {
    title: 'A part of this site is down',
    text: 'Strava is not the reason. Your import continues when this site has recovered; you don’t need to do anything.',
  },
  token_rejected: {
    title: 'Strava is rejecting requests',
    text: 'Strava is rejecting valid requests. We try again within a minute; you don’t need to do anything.',
  },
  needs_reauthorization: {
    title: 'Reconnect with Strava',
    text: 'This app can no longer read your activities. Reconnect to import new ones.',
  },
  scope_missing: {
    title: 'Permission to read activities is missing',
    text: 'On Strava’s page, “View data about your activities” was not ticked. Reconnect and leave it ticked.',
  },
  queued: { title: 'Next in line', text: 'Your import continues in a moment.' },
  unconfirmed: {
    title: 'Waiting for Strava to confirm your activities',
    text: 'Strava has not confirmed all of them for seven days, so not all may be shown. They come back when it has; you don’t need to do anything.',
  },
}

const RANGES: Readonly<Record<EtaReason, string>> = {
  history_length: 'The length of your history is not known yet.',
  busy: 'Many athletes are joining just now.',
  next_days: 'It depends on how busy the coming days are.',
  strava_unavailable: 'Strava is not responding at the moment.',
}

/** Texts for the reasons of an ETA that is a range. */
export const rangeText = (reason: EtaReason) => RANGES[reason]

const CHANGES: Readonly<Record<EtaChange, string>> = {
  longer_history: 'your history is longer than expected',
  shorter_history: 'your history is shorter than expected',
  busier: 'more work arrived than expected',
  quieter: 'less work arrived than expected',
  strava_unavailable: 'Strava did not answer',
}

/** Texts for the reasons of a changed ETA. */
export const changeText = (reason: EtaChange) => CHANGES[reason]

export const waitText = (wait: Wait) => TEXTS[wait.reason]

/** Whether only the athlete can end the wait, by reconnecting. */
export const needsAthlete = ({ reason }: Wait) =>
  reason === 'needs_reauthorization' || reason === 'scope_missing'

/** Imported share of the history, 0 to 1; undefined while its length is unknown. */
export function shareOf({ state, activities_stored: stored, activities_expected: expected }: ImportStatus) {
  if (state === 'complete') return 1
  return expected === null || expected <= 0 ? undefined : Math.min(1, stored / expected)
}
