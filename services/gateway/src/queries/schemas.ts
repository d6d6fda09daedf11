import { ActivityPageSchema, ActivitySchema, API, Nullable } from '@ikigai/contracts'
import { Type } from 'typebox'
import { ACTIVITY_FIELDS } from './activity-fields.ts'

const strict = { additionalProperties: false }

/** Query of a random choice: as over NATS, without the athlete, who is known from the session. */
export const RandomQuery = Type.Omit(API.activityRandom.request, ['athlete_id'], strict)

/** Query of a list: as over NATS, without the athlete, who is known from the session, and with fields to choose from. */
export const ListQuery = Type.Object(
  {
    ...Type.Omit(API.activityList.request, ['athlete_id']).properties,
    fields: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 400,
        description: `The fields that each activity has in the answer, with commas between them; without it, all: ${ACTIVITY_FIELDS.map((name) => `\`${name}\``).join(', ')}. A list without \`summary_polyline\` is a small part as long.`,
      }),
    ),
  },
  strict,
)

/** Path of one activity. */
export const ActivityParams = Type.Object({ id: ActivitySchema.properties.id }, strict)

/** An activity with Strava's unchanged DetailedActivity, or null. */
export const ActivityWithDetailSchema = Type.Object(
  { ...ActivitySchema.properties, detail: Type.Unknown() },
  { $id: 'ActivityWithDetail', ...strict },
)

/** Serialized as text: parsing Strava's document would round large ids. */
export const ActivityWithDetailText = Type.Unsafe<string>(ActivityWithDetailSchema)

/** Serialized as text, once for many answers. */
export const ActivityPageText = Type.Unsafe<string>(ActivityPageSchema)

/** An activity with detail and, in a shuffle, the cursor of the next one. */
export const RandomActivitySchema = Type.Object(
  {
    ...ActivityWithDetailSchema.properties,
    next_cursor: Type.Optional(
      Nullable(
        Type.String({
          description: 'In a shuffle: the cursor of the next activity; null after the last one',
        }),
      ),
    ),
  },
  { $id: 'RandomActivity', ...strict },
)

/** Serialized as text, see {@link ActivityWithDetailText}. */
export const RandomActivityText = Type.Unsafe<string>(RandomActivitySchema)
