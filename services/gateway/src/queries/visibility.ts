import type { ActivityFilter, StravaId } from '@ikigai/contracts'
import { activities, athletes, startDate } from '@ikigai/db'
import { and, eq, gt, gte, isNull, lt, lte, type SQL, sql } from 'drizzle-orm'
import { isStorable } from './cursor.ts'
import { InputError } from './input-error.ts'
import { fitsInt64 } from './int64.ts'

/** The athlete and the freshness limit that every query of activities applies. */
export interface VisibilityFilter {
  readonly athleteId: StravaId
  /** Activities that Strava last confirmed at or before this are excluded. */
  readonly confirmedAfter: Date
}

/**
 * Condition of every query of activities: the athlete's own, not hidden, confirmed recently enough, private
 * only if the granted scopes include them, and matching the filter.
 * @throws InputError when a bound is not an instant
 */
export function visibleTo(
  { athleteId, confirmedAfter }: VisibilityFilter,
  filter: ActivityFilter = {},
): SQL | undefined {
  if (!fitsInt64(athleteId)) return sql`false`
  const { sport_type: sportType, after, before, min_distance: min, max_distance: max } = filter
  const { from_date: from, to_date: to } = filter
  return and(
    eq(activities.athleteId, athleteId),
    isNull(activities.hiddenAt),
    isConfirmed(confirmedAfter),
    isPermitted(athleteId),
    sportType === undefined ? undefined : eq(activities.sportType, sportType),
    after === undefined ? undefined : gte(activities.startAt, instantOf('/after', after)),
    before === undefined ? undefined : lte(activities.startAt, instantOf('/before', before)),
    from === undefined ? undefined : isFrom(dateOf('/from_date', from)),
    to === undefined ? undefined : isUntil(dateOf('/to_date', to)),
    min === undefined ? undefined : gte(activities.distanceMeters, min),
    max === undefined ? undefined : lte(activities.distanceMeters, max),
  )
}

/** Checked by every query, because private rows stay until the fetcher removes them after the scope was withdrawn. */
const hasPrivateScope = (athleteId: StravaId): SQL =>
  sql`(select 'activity:read_all' = any(${athletes.scopes}) from ${athletes} where ${athletes.id} = ${athleteId})`

/** As {@link visibleTo} without a filter, but regardless of when Strava confirmed the activity. */
export const stillShown = (athleteId: StravaId): SQL | undefined =>
  fitsInt64(athleteId)
    ? and(eq(activities.athleteId, athleteId), isNull(activities.hiddenAt), isPermitted(athleteId))
    : sql`false`

/** Condition of an export: as {@link visibleTo}, but including hidden activities. */
export function exportable({ athleteId, confirmedAfter }: VisibilityFilter): SQL | undefined {
  if (!fitsInt64(athleteId)) return sql`false`
  return and(eq(activities.athleteId, athleteId), isConfirmed(confirmedAfter), isPermitted(athleteId))
}

/** Condition: confirmed by Strava recently enough to be used. */
export const isConfirmed = (confirmedAfter: Date): SQL => gt(activities.confirmedAt, confirmedAfter)

/** Condition: public, or the athlete granted access to private activities. */
export const isPermitted = (athleteId: StravaId): SQL =>
  sql`(${activities.private} = false or ${hasPrivateScope(athleteId)})`

const DAY_MS = 86_400_000

/**
 * Dates are in each activity's own time zone. No zone is a day or more away from UTC, so each condition also bounds the
 * instant, which is indexed.
 */
const isFrom = (date: Date): SQL | undefined =>
  and(gte(activities.startAt, new Date(date.getTime() - DAY_MS)), sql`${startDate} >= ${isoDate(date)}::date`)

const isUntil = (date: Date): SQL | undefined =>
  and(
    lt(activities.startAt, new Date(date.getTime() + 2 * DAY_MS)),
    sql`${startDate} <= ${isoDate(date)}::date`,
  )

const isoDate = (date: Date) => date.toISOString().slice(0, 10)

/** Midnight UTC of a date. The schema checked the format; this checks that the date exists. */
function dateOf(pointer: string, text: string): Date {
  const date = new Date(`${text}T00:00:00Z`)
  const [first, last] = [new Date(date.getTime() - DAY_MS), new Date(date.getTime() + 2 * DAY_MS)]
  if (Number.isNaN(date.getTime()) || isoDate(date) !== text || !isStorable(first) || !isStorable(last))
    throw new InputError(pointer, 'This date does not exist.')
  return date
}

/** The schema checked the format; this checks that the instant exists. */
function instantOf(pointer: string, text: string): Date {
  const instant = new Date(text)
  if (Number.isNaN(instant.getTime()) || !isStorable(instant)) {
    throw new InputError(pointer, 'This date and time do not exist.')
  }
  return instant
}
