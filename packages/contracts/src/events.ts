import { type Static, Type } from 'typebox'
import { ActivitySchema } from './activity.ts'
import { InstantSchema, StravaIdSchema } from './ids.ts'
import { ImportStatusSchema } from './import.ts'
import type { EventType } from './subjects.ts'

const activityData = Type.Object({ activity: ActivitySchema })
const activityGone = Type.Object({ id: StravaIdSchema, athlete_id: StravaIdSchema })
const importData = Type.Object({ import: ImportStatusSchema })

/**
 * The `data` of each event type. Events travel as CloudEvents 1.0 in the NATS binding's binary mode:
 * attributes in headers (`ce-id`, `ce-type`, `ce-source`, `ce-time`, `ce-subject`, `ce-specversion`),
 * this object as JSON in the body. Delivery is at least once: `ce-id` identifies duplicates. The schemas are open: a later
 * release may add fields, and a reader ignores those that it does not know.
 */
export const EVENT_DATA = {
  'activity.created': activityData,
  'activity.updated': activityData,
  'activity.deleted': activityGone,
  'athlete.connected': Type.Object({
    athlete_id: StravaIdSchema,
    scopes: Type.Array(Type.String()),
    at: InstantSchema,
  }),
  'athlete.blocked': Type.Object({ athlete_id: StravaIdSchema, at: InstantSchema }),
  'athlete.disconnected': Type.Object({ athlete_id: StravaIdSchema, at: InstantSchema }),
  'import.progressed': importData,
  'import.completed': importData,
} as const satisfies Record<EventType, unknown>

/** The body of an event of the given type. */
export type EventData<T extends EventType> = Static<(typeof EVENT_DATA)[T]>

/** `ce-type` of an event: the type with ikigai's prefix. */
export const cloudEventType = (type: EventType) => `ikigai.${type}`

/** `ce-source` of every event. */
export const CLOUD_EVENT_SOURCE = '/ikigai'
