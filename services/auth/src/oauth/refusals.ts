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
    detail: 'A part of the address is missing, so it does not match any sign-in. Please start again.',
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
    title: 'No access to your activities',
    detail:
      'On Strava’s page, neither “View data about your activities” nor “View data about your private activities” was ticked. ' +
      'Without either there is nothing to show, so no account was created. Please try again and leave the first one ticked. ' +
      'Private activities are optional.',
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
    title: 'No more athletes can connect',
    detail:
      'Strava limits how many athletes can connect to this site, and the limit is reached. If you have an account here, you ' +
      'can still sign in. For a new account, please ask the operator of this site, or try again later.',
    retryAfterSeconds: 3_600,
  },
  'invitation-required': {
    status: 403,
    title: 'New accounts need an invitation',
    detail:
      'If you have an account here, you can sign in. For a new account, open the invitation link that you got from the ' +
      'operator of this site.',
  },
  'invitation-invalid': {
    status: 403,
    title: 'This invitation is no longer valid',
    detail: 'It has expired or has already been used. Please ask the operator of this site for another one.',
  },
  'sign-up-not-allowed': {
    status: 403,
    title: 'New accounts are limited to listed athletes',
    detail:
      'If you have an account here, you can sign in. For a new account, the operator of this site must first add your Strava ' +
      'account to the list.',
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
    title: 'Invalid request',
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
    detail: `Part of this site is down; Strava is not the reason. ${TRY_AGAIN}`,
    retryAfterSeconds: 2,
  },
  internal: {
    status: 500,
    title: 'Something went wrong',
    detail: `The problem is on our side. ${TRY_AGAIN}`,
  },
}

/** Whether a text names a refusal. */
export const isRefusal = (text: string): text is Refusal => Object.hasOwn(REFUSALS, text)
