import type { StravaId } from './ids.ts'

/** Root of every subject; the number changes only with an incompatible contract. */
export const SUBJECT_ROOT = 'ikigai.v1'

/** The stream that holds {@link eventSubject} messages for 30 days. */
export const EVENTS_STREAM = 'EVENTS'

/** Event types: CloudEvents types without their prefix. */
export const EVENT_TYPES = [
  'activity.created',
  'activity.updated',
  'activity.deleted',
  'athlete.connected',
  'athlete.blocked',
  'athlete.disconnected',
  'import.progressed',
  'import.completed',
] as const

/** One of {@link EVENT_TYPES}. */
export type EventType = (typeof EVENT_TYPES)[number]

/** Subject of an event of an athlete; `*`: of all athletes. */
export const eventSubject = (type: EventType, athleteId: StravaId | '*') =>
  `${SUBJECT_ROOT}.event.${type}.${athleteId}`

/** Every event, for a consumer's filter. */
export const ALL_EVENTS = `${SUBJECT_ROOT}.event.>`

/** Request subjects for every team (queue group: one of the gateways answers). */
export const API_SUBJECTS = {
  activityRandom: `${SUBJECT_ROOT}.api.activity.random`,
  activityGet: `${SUBJECT_ROOT}.api.activity.get`,
  activityList: `${SUBJECT_ROOT}.api.activity.list`,
  athleteGet: `${SUBJECT_ROOT}.api.athlete.get`,
  importGet: `${SUBJECT_ROOT}.api.import.get`,
  quotaGet: `${SUBJECT_ROOT}.api.quota.get`,
} as const
