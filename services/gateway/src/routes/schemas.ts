import { ActivityFilterSchema, ActivitySchema, API } from '@ikigai/contracts'
import { Type } from 'typebox'

const strict = { additionalProperties: false }

/** Query of a random choice. */
export const FilterQuery = ActivityFilterSchema

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
