import { ALL_EVENTS, EVENTS_STREAM, SUBJECT_ROOT } from '@ikigai/contracts'
import { fetchSubject } from './fetch-subjects.ts'
import { APP_SUBJECTS, FETCH_CONSUMER, INTERNAL, STRAVA_EVENTS_CONSUMER, STREAMS } from './subjects.ts'

/** NATS users of ikigai itself: the services and the operators' command line. Other teams have an account of their own. */
export const NATS_USERS = ['gateway', 'auth', 'ingest', 'fetcher', 'operator'] as const

/** One of {@link NATS_USERS}. */
export type NatsUser = (typeof NATS_USERS)[number]

/** The subjects that a user may use; the server refuses all others. */
export interface Permissions {
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
}

/** Prefix of a user's private inboxes: no user can read replies to another. */
export const inboxPrefixOf = (user: string) => `_INBOX_${user.replaceAll(/[^A-Za-z0-9_-]/g, '_')}`
const inbox = (user: NatsUser) => `${inboxPrefixOf(user)}.>`

/** Inboxes to which the server maps replies to requests from another team's account. */
const REPLIES_TO_TEAMS = '_R_.>'

const STREAM_NAMES = Object.values(STREAMS)
const ofStreams = (...actions: readonly string[]) =>
  actions.flatMap((action) => STREAM_NAMES.map((stream) => `$JS.API.STREAM.${action}.${stream}`))

/** To pull from an existing durable consumer, and to acknowledge its messages. */
export const consuming = (stream: string, consumer: string) => [
  `$JS.API.CONSUMER.INFO.${stream}.${consumer}`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
  `$JS.ACK.${stream}.${consumer}.>`,
]

/** To read the configuration of the streams. */
const SEEING_STREAMS = ['$JS.API.INFO', ...ofStreams('INFO')]

/** To create and update streams and consumers. */
const PROVISIONING = [
  ...SEEING_STREAMS,
  ...ofStreams('CREATE', 'UPDATE'),
  ...STREAM_NAMES.flatMap((stream) => [
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
  ]),
]

/** To read a stream in order, through ephemeral consumers. */
const following = (stream: string) => [
  '$JS.API.INFO',
  `$JS.API.STREAM.INFO.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}.>`,
  ...['INFO', 'MSG.NEXT', 'DELETE'].map((action) => `$JS.API.CONSUMER.${action}.${stream}.*`),
]

/** auth and the fetcher share one outbox, and each runs a relay for it. */
const OUTBOX = [ALL_EVENTS, `${SUBJECT_ROOT}.dead.>`]

/** NATS permissions by user. A service that answers requests may publish to the inboxes of its callers. */
export const PERMISSIONS: Readonly<Record<NatsUser, Permissions>> = {
  gateway: {
    publish: [
      INTERNAL.athleteDisconnect,
      INTERNAL.appDisconnect,
      INTERNAL.tokenCreate,
      INTERNAL.tokenEnd,
      INTERNAL.athletePresent,
      fetchSubject('viewed', '*'),
      inbox('operator'),
      REPLIES_TO_TEAMS,
      ...following(STREAMS.events),
      // For its readiness.
      `$JS.API.STREAM.INFO.${STREAMS.fetch}`,
    ],
    subscribe: [
      inbox('gateway'),
      `${SUBJECT_ROOT}.api.>`,
      `${SUBJECT_ROOT}.team.>`,
      INTERNAL.sessionRevoked,
      '$SRV.>',
    ],
  },
  auth: {
    publish: [
      ...OUTBOX,
      fetchSubject('signup', '*'),
      fetchSubject('resync', '*'),
      INTERNAL.sessionRevoked,
      INTERNAL.stravaFailed,
      inbox('gateway'),
      inbox('fetcher'),
      inbox('operator'),
      REPLIES_TO_TEAMS,
      ...SEEING_STREAMS,
      // After a restore: who has disconnected since the backup.
      ...following(STREAMS.events),
      // An erasure purges the athlete's messages from every stream.
      ...ofStreams('PURGE'),
    ],
    subscribe: [
      inbox('auth'),
      INTERNAL.grantToken,
      INTERNAL.grantVerify,
      INTERNAL.grantProof,
      INTERNAL.athleteDisconnect,
      ...Object.values(APP_SUBJECTS),
      '$SRV.>',
    ],
  },
  ingest: {
    publish: [
      `${SUBJECT_ROOT}.strava.>`,
      // The owners of events that could not be stored.
      fetchSubject('resync', '*'),
      ...SEEING_STREAMS,
    ],
    subscribe: [inbox('ingest')],
  },
  fetcher: {
    publish: [
      ...OUTBOX,
      INTERNAL.grantToken,
      INTERNAL.grantVerify,
      INTERNAL.fetchWake,
      INTERNAL.grantProof,
      inbox('auth'),
      ...PROVISIONING,
      ...consuming(STREAMS.stravaEvents, STRAVA_EVENTS_CONSUMER),
      // Events of athletes who have disconnected are deleted.
      `$JS.API.STREAM.MSG.DELETE.${STREAMS.stravaEvents}`,
      ...consuming(STREAMS.fetch, FETCH_CONSUMER),
    ],
    subscribe: [inbox('fetcher'), INTERNAL.athletePresent, INTERNAL.fetchWake, INTERNAL.stravaFailed],
  },
  operator: {
    publish: [
      `${SUBJECT_ROOT}.api.>`,
      INTERNAL.athleteDisconnect,
      INTERNAL.appAdd,
      INTERNAL.appList,
      INTERNAL.appRotate,
      INTERNAL.appRemove,
      '$SRV.>',
      // Dead letters are read, republished and removed.
      `${SUBJECT_ROOT}.fetch.>`,
      `${SUBJECT_ROOT}.strava.>`,
      // Streams must not be created or changed: one whose subjects are others' inboxes would capture tokens.
      ...SEEING_STREAMS,
      ...STREAM_NAMES.map((stream) => `$JS.API.CONSUMER.INFO.${stream}.*`),
      // Teams are added.
      `$JS.API.CONSUMER.CREATE.${STREAMS.events}.>`,
      `$JS.API.CONSUMER.CREATE.${STREAMS.dead}.>`,
      ...ofStreams('MSG.GET'),
      '$JS.API.STREAM.NAMES',
      '$JS.API.STREAM.LIST',
      ...STREAM_NAMES.map((stream) => `$JS.API.CONSUMER.LIST.${stream}`),
      `$JS.API.STREAM.MSG.DELETE.${STREAMS.dead}`,
      `$JS.API.STREAM.PURGE.${STREAMS.dead}`,
      `$JS.API.CONSUMER.DELETE.${STREAMS.dead}.*`,
      // Teams are removed.
      `$JS.API.CONSUMER.DELETE.${STREAMS.events}.*`,
      ...consuming(STREAMS.dead, '*'),
    ],
    subscribe: [inbox('operator')],
  },
}

/** A subject that our account offers to those of other teams; `many`: a request may get several replies. */
export interface TeamService {
  readonly subject: string
  readonly many: boolean
}

/**
 * Imports of every team's account, besides its own requests and its own consumer (`teamAccount`). A team may not create
 * consumers, because a push consumer would make the server publish to any subject. Its inboxes are in its own account, so it
 * cannot direct a reply to a subject of ours.
 */
export const TEAM_SERVICES: readonly TeamService[] = [
  { subject: '$SRV.>', many: true },
  { subject: '$JS.API.INFO', many: false },
  { subject: `$JS.API.STREAM.INFO.${EVENTS_STREAM}`, many: false },
]

/** Exports of our account; a team reaches those that its account imports. */
export const TEAM_EXPORTS: readonly TeamService[] = [
  { subject: `${SUBJECT_ROOT}.team.*.api.>`, many: false },
  ...TEAM_SERVICES,
  ...consuming(EVENTS_STREAM, '*').map((subject) => ({ subject, many: subject.includes('.MSG.NEXT.') })),
]
