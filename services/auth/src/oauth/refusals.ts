/** The reasons for a failed sign-in. */
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
  | 'invitation-required'
  | 'invitation-invalid'
  | 'sign-up-not-allowed'
  | 'application-inactive'
  | 'application-misconfigured'
  | 'bad-request'
  | 'too-many-requests'
  | 'unavailable'
  | 'internal'

/** Status and texts of a refusal, for pages and problem details. */
export interface RefusalText {
  readonly status: number
  readonly title: string
  readonly detail: string
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
      'It was started in another browser, was already used, or took longer than ten minutes. Please start again.',
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
      'ticked. Without either there is nothing to show, so no account was created. Please try again and leave the first one ' +
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
    detail: `Strava did not give a valid answer, so you could not be signed in. ${TRY_AGAIN}`,
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
      'Strava limits how many athletes can connect to this site, and the limit is reached. Anybody who has an account here ' +
      'can still sign in. To make one, please ask the operator of this site, or try again later.',
    retryAfterSeconds: 3_600,
  },
  'invitation-required': {
    status: 403,
    title: 'New accounts need an invitation',
    detail:
      'Anybody who has an account here can sign in. To make one, open the invitation link that the operator of this site has ' +
      'given you.',
  },
  'invitation-invalid': {
    status: 403,
    title: 'This invitation is no longer valid',
    detail: 'It has expired, or was used already. Please ask the operator of this site for another one.',
  },
  'sign-up-not-allowed': {
    status: 403,
    title: 'New accounts are for listed athletes',
    detail:
      'Anybody who has an account here can sign in. To make one, your Strava account must be on the list that the operator of ' +
      'this site keeps.',
  },
  'application-inactive': {
    status: 503,
    title: 'Strava has paused this site’s access',
    detail: 'Nobody can sign in until the operator of this site has resolved this with Strava.',
    retryAfterSeconds: 3_600,
  },
  'application-misconfigured': {
    status: 500,
    title: 'This site is not set up correctly',
    detail:
      'Strava does not accept this site’s credentials. Nobody can sign in until the operator has corrected them.',
  },
  'bad-request': {
    status: 400,
    title: 'This request cannot be answered',
    detail: 'The address or the request is not valid.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    detail: `Your network sent too many requests. ${TRY_AGAIN}`,
    retryAfterSeconds: 60,
  },
  unavailable: {
    status: 503,
    title: 'This site is not available right now',
    detail: `A part of this site cannot be reached; Strava is not the reason. ${TRY_AGAIN}`,
    retryAfterSeconds: 2,
  },
  internal: {
    status: 500,
    title: 'This did not work',
    detail: 'Something went wrong on our side. Please try again in a moment.',
  },
}

/** Whether a text names a refusal. */
export const isRefusal = (text: string): text is Refusal => Object.hasOwn(REFUSALS, text)
