import { ActivitySchema, API, Nullable } from '@ikigai/contracts'
import { Type } from 'typebox'

const strict = { additionalProperties: false }

/** Query of a random choice: as other teams ask it, without the athlete, whom the session names. */
export const RandomQuery = Type.Omit(API.activityRandom.request, ['athlete_id'], strict)

/** Query of a list: as other teams ask it, without the athlete, whom the session names. */
export const ListQuery = Type.Omit(API.activityList.request, ['athlete_id'], strict)

/** Path of one activity. */
export const ActivityParams = Type.Object({ id: ActivitySchema.properties.id }, strict)

/** An activity with Strava's DetailedActivity exactly as it came, if it has come. */
export const ActivityWithDetailSchema = Type.Object(
  { ...ActivitySchema.properties, detail: Type.Unknown() },
  { $id: 'ActivityWithDetail', ...strict },
)

/** The same, answered as text: Strava's document must not be parsed on its way. */
export const ActivityWithDetailText = Type.Unsafe<string>(ActivityWithDetailSchema)

/** The same, and in a walk the cursor of its next step. */
export const RandomActivitySchema = Type.Object(
  {
    ...ActivityWithDetailSchema.properties,
    next_cursor: Type.Optional(
      Nullable(
        Type.String({ description: 'In a walk: leads to the next activity; null after the last one' }),
      ),
    ),
  },
  { $id: 'RandomActivity', ...strict },
)

/** Answered as text, for the same reason. */
export const RandomActivityText = Type.Unsafe<string>(RandomActivitySchema)
