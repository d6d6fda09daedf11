import { ActivityPageSchema, ActivitySchema, API, Nullable, QuotaStatusSchema } from '@ikigai/contracts'
import { type Static, Type } from 'typebox'
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

/** The public state of the service: Strava's limits, and who can make an account. */
export const ServiceStatusSchema = Type.Object(
  {
    ...QuotaStatusSchema.properties,
    sign_up: Type.Union(
      [
        Type.Literal('open', { description: 'Anybody' }),
        Type.Literal('invite', { description: 'With the link of an invitation' }),
        Type.Literal('allow_list', { description: 'Those whom the operator has put on a list' }),
        Type.Literal('full', { description: 'Nobody: Strava allows this application no more athletes' }),
      ],
      { description: 'Who can make an account; athletes who have one can always sign in' },
    ),
  },
  { $id: 'ServiceStatus' },
)

/** See {@link ServiceStatusSchema}. */
export type ServiceStatus = Static<typeof ServiceStatusSchema>
