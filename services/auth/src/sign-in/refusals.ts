/** Why a sign-in did not come about. */
export type Refusal =
  | 'state-missing'
  | 'state-unknown'
  | 'denied'
  | 'code-missing'
  | 'scope-missing'
  | 'code-invalid'
  | 'strava-refused'
  | 'strava-unavailable'
  | 'strava-timeout'
  | 'athlete-capacity'
  | 'application-inactive'
  | 'application-misconfigured'
  | 'bad-request'
  | 'too-many-requests'
  | 'internal'

/** What is said about a refusal, to people and to programs. */
export interface RefusalText {
  readonly status: number
  readonly title: string
  readonly detail: string
  /** When it is worth another try. */
  readonly retryAfterSeconds?: number
}

const TRY_AGAIN = 'Please try again in a moment.'

/** The answer to each refusal. */
export const REFUSALS: Readonly<Record<Refusal, RefusalText>> = {
  'state-missing': {
    status: 400,
    title: 'This sign-in is incomplete',
    detail: 'The address lacks the part that shows which sign-in it belongs to. Please start again.',
  },
  'state-unknown': {
    status: 400,
    title: 'This sign-in cannot be used',
    detail:
      'It was begun in another browser, was used before, or took longer than ten minutes. Please start again.',
  },
  denied: {
    status: 403,
    title: 'Strava was not connected',
    detail: 'You chose not to give access to your Strava account. Nothing was stored.',
  },
  'code-missing': {
    status: 400,
    title: 'This sign-in is incomplete',
    detail: 'Strava sent you back without the code that completes the sign-in. Please start again.',
  },
  'scope-missing': {
    status: 403,
    title: 'Your activities stayed out of reach',
    detail:
      'On the page at Strava, neither “View data about your activities” nor “View data about your private activities” was ' +
      'ticked. Without either there is nothing to show, so no account was made. Please try again and leave the first one ' +
      'ticked; whether private activities are included is up to you.',
  },
  'code-invalid': {
    status: 400,
    title: 'This sign-in has expired',
    detail: 'Strava accepts each sign-in only once and for a few minutes. Please start again.',
  },
  'strava-refused': {
    status: 502,
    title: 'Strava did not complete the sign-in',
    detail: `Strava reported an error instead of signing you in. ${TRY_AGAIN}`,
  },
  'strava-unavailable': {
    status: 502,
    title: 'Strava cannot be reached',
    detail: `Strava did not answer as it should, so you could not be signed in. ${TRY_AGAIN}`,
    retryAfterSeconds: 30,
  },
  'strava-timeout': {
    status: 504,
    title: 'Strava is slow',
    detail: `Strava took too long to answer, so you could not be signed in. ${TRY_AGAIN}`,
    retryAfterSeconds: 30,
  },
  'athlete-capacity': {
    status: 503,
    title: 'There is no room for another athlete',
    detail:
      'Strava allows this site a limited number of connected athletes, and all places are taken. ' +
      'Please ask whoever runs it, or come back later.',
    retryAfterSeconds: 3_600,
  },
  'application-inactive': {
    status: 503,
    title: 'Strava has paused this site’s access',
    detail: 'Nobody can sign in until whoever runs this site has settled it with Strava.',
    retryAfterSeconds: 3_600,
  },
  'application-misconfigured': {
    status: 500,
    title: 'This site is not set up correctly',
    detail:
      'Strava does not recognise this site’s credentials. Nobody can sign in until whoever runs it has corrected them.',
  },
  'bad-request': {
    status: 400,
    title: 'This request cannot be answered',
    detail: 'The address or the request is not one that this site makes.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    detail: `There were more requests from your network than this site answers. ${TRY_AGAIN}`,
    retryAfterSeconds: 60,
  },
  internal: {
    status: 500,
    title: 'This did not work',
    detail: 'Something went wrong on our side. Please try again in a moment.',
  },
}

/** Whether a text names a refusal. */
export const isRefusal = (text: string): text is Refusal => Object.hasOwn(REFUSALS, text)
