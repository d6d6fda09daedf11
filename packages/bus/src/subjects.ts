import { type StravaId, SUBJECT_ROOT } from '@ikigai/contracts'

/** The streams. Other teams read only `EVENTS`. */
export const STREAMS = {
  stravaEvents: 'STRAVA_EVENTS',
  fetch: 'FETCH',
  events: 'EVENTS',
  dead: 'DEAD',
} as const

/** Durable consumer that reads Strava's events. */
export const STRAVA_EVENTS_CONSUMER = 'fetcher'

/** Durable consumer of the requests in `FETCH`. */
export const FETCH_CONSUMER = 'fetcher'

/** The kinds that Strava documents; others are published as `other`, because a subject must not contain a sender's text. */
const OBJECTS = ['activity', 'athlete']
const ASPECTS = ['create', 'update', 'delete']

/** Subject of an event of Strava's webhook. */
export function stravaEventSubject(objectType: string, aspectType: string, ownerId: StravaId): string {
  const object = OBJECTS.includes(objectType) ? objectType : 'other'
  const aspect = ASPECTS.includes(aspectType) ? aspectType : 'other'
  return `${SUBJECT_ROOT}.strava.${object}.${aspect}.${ownerId}`
}

/** Subject of a dead letter; the athlete's id lets an erasure purge it. */
export const deadSubject = (source: 'fetch' | 'strava' | 'outbox', athleteId: StravaId | '0') =>
  `${SUBJECT_ROOT}.dead.${source}.${athleteId}`

/** The subjects of one athlete, by stream: an erasure purges them. */
export const subjectsOfAthlete = (athleteId: StravaId): readonly { stream: string; subject: string }[] => [
  { stream: STREAMS.stravaEvents, subject: `${SUBJECT_ROOT}.strava.*.*.${athleteId}` },
  { stream: STREAMS.fetch, subject: `${SUBJECT_ROOT}.fetch.*.${athleteId}` },
  { stream: STREAMS.events, subject: `${SUBJECT_ROOT}.event.*.*.${athleteId}` },
  { stream: STREAMS.dead, subject: `${SUBJECT_ROOT}.dead.*.${athleteId}` },
]

/** Requests about apps and personal access tokens (auth answers). */
export const APP_SUBJECTS = {
  appAdd: `${SUBJECT_ROOT}.internal.app.add`,
  appList: `${SUBJECT_ROOT}.internal.app.list`,
  appRotate: `${SUBJECT_ROOT}.internal.app.rotate`,
  appRemove: `${SUBJECT_ROOT}.internal.app.remove`,
  appDisconnect: `${SUBJECT_ROOT}.internal.app.disconnect`,
  tokenCreate: `${SUBJECT_ROOT}.internal.token.create`,
  tokenEnd: `${SUBJECT_ROOT}.internal.token.end`,
} as const

/** Request subjects between the services; no other team's user may reach them. */
export const INTERNAL = {
  ...APP_SUBJECTS,
  /** A valid access token of an athlete (auth answers). */
  grantToken: `${SUBJECT_ROOT}.internal.grant.token`,
  /** Starts the verification of a reported deauthorization: auth requests new tokens from Strava and answers. */
  grantVerify: `${SUBJECT_ROOT}.internal.grant.verify`,
  /** Reports Strava's answer to an access token from {@link INTERNAL.grantVerify} (auth answers). */
  grantProof: `${SUBJECT_ROOT}.internal.grant.proof`,
  /** Revokes the grant at Strava and erases the athlete (auth answers). */
  athleteDisconnect: `${SUBJECT_ROOT}.internal.athlete.disconnect`,
  /** An athlete is online: `{ athlete_id }`, at most once a minute for each athlete (fetchers subscribe). */
  athletePresent: `${SUBJECT_ROOT}.internal.athlete.present`,
  /** A lane has more work than one fetcher can run: `{ lane }` (all fetchers subscribe). */
  fetchWake: `${SUBJECT_ROOT}.internal.fetch.wake`,
  /** Strava failed to exchange a code or to refresh a grant; without content (one fetcher records it). */
  stravaFailed: `${SUBJECT_ROOT}.internal.strava.failed`,
  /** Broadcast without content: there are new rows in `session_revocations`. */
  sessionRevoked: `${SUBJECT_ROOT}.internal.session.revoked`,
} as const
