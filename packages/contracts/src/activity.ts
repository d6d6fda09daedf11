import { type Static, Type } from 'typebox'
import { DATE, InstantSchema, Nullable, StravaIdSchema } from './ids.ts'

/** One activity of one athlete as ikigai serves it. Names contain the units. */
export const ActivitySchema = Type.Object(
  {
    id: StravaIdSchema,
    athlete_id: StravaIdSchema,
    name: Type.String(),
    sport_type: Type.String({ description: "Strava's sport type; a growing list, so plain text" }),
    start_time: InstantSchema,
    time_zone: Nullable(Type.String({ description: 'Zone as Strava names it, mostly IANA' })),
    distance_meters: Type.Number(),
    moving_time_seconds: Type.Integer(),
    elapsed_time_seconds: Type.Integer(),
    elevation_gain_meters: Type.Number(),
    average_speed_meters_per_second: Nullable(Type.Number()),
    average_heart_rate_bpm: Nullable(Type.Number()),
    private: Type.Boolean({ description: 'Visible to its owner alone ("Only You")' }),
    manual: Type.Boolean(),
    summary_polyline: Nullable(Type.String({ description: "The route in Google's encoded polyline format" })),
    has_detail: Type.Boolean(),
    strava_url: Type.String({ description: 'Where "View on Strava" leads' }),
    confirmed_at: InstantSchema,
  },
  { $id: 'Activity' },
)

/** See {@link ActivitySchema}. */
export type Activity = Static<typeof ActivitySchema>

/** Filters of a list or a random choice of activities; every bound is inclusive. */
export const ActivityFilterSchema = Type.Object(
  {
    sport_type: Type.Optional(Type.String({ maxLength: 64, pattern: '^[\\w -]+$' })),
    after: Type.Optional(InstantSchema),
    before: Type.Optional(InstantSchema),
    from_date: Type.Optional(
      Type.String({ ...DATE, description: 'First day; an activity is of the date in its own start_time' }),
    ),
    to_date: Type.Optional(Type.String({ ...DATE, description: 'Last day, likewise' })),
    min_distance: Type.Optional(Type.Number({ minimum: 0, description: 'meters' })),
    max_distance: Type.Optional(Type.Number({ minimum: 0, description: 'meters' })),
  },
  { additionalProperties: false },
)

/** See {@link ActivityFilterSchema}. */
export type ActivityFilter = Static<typeof ActivityFilterSchema>

/** The orders of a list; `-` is descending, and equal values follow their ids. */
export const ACTIVITY_SORTS = [
  '-start_time',
  'start_time',
  '-distance',
  'distance',
  '-moving_time',
  'moving_time',
  '-elevation_gain',
  'elevation_gain',
] as const

/** One of {@link ACTIVITY_SORTS}. */
export type ActivitySort = (typeof ACTIVITY_SORTS)[number]

/** Schema of an {@link ActivitySort}. */
export const ActivitySortSchema = Type.Enum(ACTIVITY_SORTS, { description: '`-` is descending' })

/** One page of an athlete's activities; `next_cursor` is null on the last one. */
export const ActivityPageSchema = Type.Object(
  { data: Type.Array(ActivitySchema), next_cursor: Nullable(Type.String()) },
  { $id: 'ActivityPage' },
)

/** See {@link ActivityPageSchema}. */
export type ActivityPage = Static<typeof ActivityPageSchema>
