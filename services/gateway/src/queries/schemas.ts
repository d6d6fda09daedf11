import { ActivityPageSchema, ActivitySchema, API, Nullable } from '@ikigai/contracts'
import { Type } from 'typebox'
import { ACTIVITY_FIELDS } from './activity-fields.ts'

const strict = { additionalProperties: false }

/** Query of a random choice: as over NATS, without the athlete, which is that of the session. */
export const RandomQuery = Type.Omit(API.activityRandom.request, ['athlete_id'], strict)

/** Query of a list: as over NATS, without the athlete, which is that of the session, and with `fields`. */
export const ListQuery = Type.Object(
  {
    ...Type.Omit(API.activityList.request, ['athlete_id']).properties,
    fields: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 400,
        description: `Comma-separated fields that each activity has in the answer; all if omitted: ${ACTIVITY_FIELDS.map((name) => `\`${name}\``).join(', ')}. Without \`summary_polyline\` the answer is much smaller.`,
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
