import type { ActivityFilter, StravaId } from '@ikigai/contracts'
import { activities, athletes } from '@ikigai/db'
import { and, eq, gt, gte, isNull, lte, or, type SQL, sql } from 'drizzle-orm'
import { isStorable } from './cursor.ts'
import { InputError } from './input-error.ts'
import { fitsInt64 } from './int64.ts'

/** What an athlete is shown at one moment. */
export interface View {
  readonly athleteId: StravaId
  /** Nothing is shown that Strava last confirmed at or before this. */
  readonly confirmedAfter: Date
}

/**
 * The condition of every read of activities: this athlete's own, not hidden, confirmed recently enough, private
 * only as far as he allows that, and as the filter says.
 * @throws InputError when a bound is not an instant
 */
export function shown({ athleteId, confirmedAfter }: View, filter: ActivityFilter = {}): SQL | undefined {
  if (!fitsInt64(athleteId)) return sql`false`
  const { sport_type: sportType, after, before, min_distance: min, max_distance: max } = filter
  return and(
    eq(activities.athleteId, athleteId),
    isNull(activities.hiddenAt),
    gt(activities.confirmedAt, confirmedAfter),
    or(eq(activities.private, false), mayBeShownPrivate(athleteId)),
    sportType === undefined ? undefined : eq(activities.sportType, sportType),
    after === undefined ? undefined : gte(activities.startAt, instantOf('/after', after)),
    before === undefined ? undefined : lte(activities.startAt, instantOf('/before', before)),
    min === undefined ? undefined : gte(activities.distanceMeters, min),
    max === undefined ? undefined : lte(activities.distanceMeters, max),
  )
}

/** Once he no longer allows private activities to be read, none is shown, even before the fetcher has removed them. */
const mayBeShownPrivate = (athleteId: StravaId): SQL =>
  sql`(select 'activity:read_all' = any(${athletes.scopes}) from ${athletes} where ${athletes.id} = ${athleteId})`

/** The schema knows the form of an instant; that there is such a day is seen here. */
function instantOf(pointer: string, text: string): Date {
  const instant = new Date(text)
  if (Number.isNaN(instant.getTime()) || !isStorable(instant)) {
    throw new InputError(pointer, 'There is no such date and time.')
  }
  return instant
}
