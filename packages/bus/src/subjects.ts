import { LANES, type Lane, type StravaId, SUBJECT_ROOT } from '@ikigai/contracts'

/** Streams of ikigai's own; no other team reads them. */
export const STREAMS = {
  stravaEvents: 'STRAVA_EVENTS',
  fetch: 'FETCH',
  events: 'EVENTS',
  dead: 'DEAD',
} as const

/** Durable consumer that reads Strava's events. */
export const STRAVA_EVENTS_CONSUMER = 'fetcher'

/** Durable consumer of one lane's jobs. */
export const laneConsumer = (lane: Lane) => `fetcher-${lane}`

/** The kinds that Strava documents; anything else travels as `other`, because a subject holds no user text. */
const OBJECTS = ['activity', 'athlete']
const ASPECTS = ['create', 'update', 'delete']

/** Where an event of Strava's webhook is stored. */
export function stravaEventSubject(objectType: string, aspectType: string, ownerId: StravaId): string {
  const object = OBJECTS.includes(objectType) ? objectType : 'other'
  const aspect = ASPECTS.includes(aspectType) ? aspectType : 'other'
  return `${SUBJECT_ROOT}.strava.${object}.${aspect}.${ownerId}`
}

/** Where a turn of a lane is queued; it names the job that it came with. `activityId` 0: the athlete as a whole. */
export const fetchSubject = (lane: Lane, athleteId: StravaId, activityId: StravaId = '0') =>
  `${SUBJECT_ROOT}.fetch.${lane}.${athleteId}${activityId === '0' ? '' : `.${activityId}`}`

/** Subject of a dead letter; the athlete's id lets an erasure purge it. */
export const deadSubject = (source: 'fetch' | 'strava' | 'outbox', athleteId: StravaId | '0') =>
  `${SUBJECT_ROOT}.dead.${source}.${athleteId}`

/** Every subject that holds something of one athlete, by stream: what an erasure has to purge. */
export const subjectsOfAthlete = (athleteId: StravaId): readonly { stream: string; subject: string }[] => [
  { stream: STREAMS.stravaEvents, subject: `${SUBJECT_ROOT}.strava.*.*.${athleteId}` },
  { stream: STREAMS.fetch, subject: `${SUBJECT_ROOT}.fetch.*.${athleteId}` },
  { stream: STREAMS.fetch, subject: `${SUBJECT_ROOT}.fetch.*.${athleteId}.*` },
  { stream: STREAMS.events, subject: `${SUBJECT_ROOT}.event.*.*.${athleteId}` },
  { stream: STREAMS.dead, subject: `${SUBJECT_ROOT}.dead.*.${athleteId}` },
]

/** Header of a message that an operator replays: what was given up gets another chance. */
export const REPLAY_HEADER = 'Ikigai-Replay'

/** The job that a turn came with; undefined for a subject that is none of a turn. */
export function jobOfSubject(
  subject: string,
): { lane: Lane; athleteId: StravaId; activityId: StravaId | undefined } | undefined {
  const [lane, athleteId, activityId, ...more] = subject.slice(`${SUBJECT_ROOT}.fetch.`.length).split('.')
  const known = LANES.find((each) => each === lane)
  if (!subject.startsWith(`${SUBJECT_ROOT}.fetch.`) || more.length > 0) return undefined
  if (known === undefined || athleteId === undefined || !/^[0-9]+$/.test(athleteId)) return undefined
  return { lane: known, athleteId, activityId }
}

/** Request subjects between the services; no other team's user may reach them. */
export const INTERNAL = {
  /** A valid access token of an athlete (auth answers). */
  grantToken: `${SUBJECT_ROOT}.internal.grant.token`,
  /** Begins to verify a reported deauthorization: asks Strava for new tokens (auth answers). */
  grantVerify: `${SUBJECT_ROOT}.internal.grant.verify`,
  /** Reports Strava's answer to an access token from {@link INTERNAL.grantVerify} (auth answers). */
  grantProof: `${SUBJECT_ROOT}.internal.grant.proof`,
  /** Ends one session (auth answers). */
  sessionRevoke: `${SUBJECT_ROOT}.internal.session.revoke`,
  /** Revokes the grant at Strava and erases the athlete (auth answers). */
  athleteDisconnect: `${SUBJECT_ROOT}.internal.athlete.disconnect`,
  /** An athlete is online: `{ athlete_id }`, at most once a minute for each athlete (fetchers subscribe). */
  athletePresent: `${SUBJECT_ROOT}.internal.athlete.present`,
  /** An activity was shown without its detail: `{ athlete_id, activity_id }` (fetchers listen). */
  activityViewed: `${SUBJECT_ROOT}.internal.activity.viewed`,
  /** Broadcast without content: new rows stand in `session_revocations`. */
  sessionRevoked: `${SUBJECT_ROOT}.internal.session.revoked`,
} as const
