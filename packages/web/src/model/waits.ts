import type { EtaChange, EtaReason, ImportStatus, Wait, WaitReason } from '@ikigai/contracts'

/** What is told of a wait. */
export interface WaitText {
  readonly title: string
  readonly text: string
}

const TEXTS: Readonly<Record<WaitReason, WaitText>> = {
  quota_15min: {
    title: 'Waiting for Strava’s next quarter of an hour',
    text: 'Strava lets this site ask so many questions every 15 minutes, and these are all asked.',
  },
  quota_day: {
    title: 'Waiting for tomorrow',
    text: 'Strava lets this site ask so many questions a day, and today’s are all asked. A day ends at midnight UTC.',
  },
  reserved: {
    title: 'Letting others go first',
    text: 'The last questions that Strava allows for now are kept for new athletes and fresh activities.',
  },
  rate_limited: {
    title: 'Strava asks for a pause',
    text: 'It answered that it has been asked enough for the moment.',
  },
  application_inactive: {
    title: 'Strava has paused this site',
    text: 'Whoever runs this site has to settle that with Strava. What is here already stays here to see.',
  },
  strava_unavailable: {
    title: 'Strava does not answer',
    text: 'It is down or very slow. It is asked again by and by; you need not do anything.',
  },
  token_rejected: {
    title: 'Strava turns requests away for a moment',
    text: 'It rejects requests that it should accept. They are repeated within a minute; you need not do anything.',
  },
  needs_reauthorization: {
    title: 'Connect again',
    text: 'Strava no longer lets this site read your activities. New ones arrive once you have connected.',
  },
  scope_missing: {
    title: 'The permission to see activities is missing',
    text: 'On Strava’s page, “View data about your activities” was not ticked. Connect again and leave it ticked.',
  },
  queued: { title: 'Next in line', text: 'Your turn comes in a moment.' },
}

const RANGES: Readonly<Record<EtaReason, string>> = {
  history_length: 'How long your history is shows only as it comes.',
  busy: 'Many athletes are joining just now.',
  next_days: 'It depends on how busy the days until then are.',
  strava_unavailable: 'Strava does not answer at present.',
}

/** Why the end of an import is a range. */
export const rangeText = (reason: EtaReason) => RANGES[reason]

const CHANGES: Readonly<Record<EtaChange, string>> = {
  longer_history: 'your history is longer than expected',
  shorter_history: 'your history is shorter than expected',
  busier: 'more work arrived than expected',
  quieter: 'less work arrived than expected',
  strava_unavailable: 'Strava did not answer',
}

/** Why another end is told than before. */
export const changeText = (reason: EtaChange) => CHANGES[reason]

export const waitText = (wait: Wait) => TEXTS[wait.reason]

/** Whether only the athlete himself can end it, by connecting again. */
export const needsAthlete = ({ reason }: Wait) =>
  reason === 'needs_reauthorization' || reason === 'scope_missing'

/** How much of the history is here, 0 to 1; undefined while its length is not known. */
export function shareOf({ state, activities_stored: stored, activities_expected: expected }: ImportStatus) {
  if (state === 'complete') return 1
  return expected === null || expected <= 0 ? undefined : Math.min(1, stored / expected)
}
