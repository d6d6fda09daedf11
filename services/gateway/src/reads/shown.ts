import type { ActivityFilter, StravaId } from '@ikigai/contracts'
import { activities, athletes, startDate } from '@ikigai/db'
import { and, eq, gt, gte, isNull, lt, lte, type SQL, sql } from 'drizzle-orm'
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
  const { from_date: from, to_date: to } = filter
  return and(
    eq(activities.athleteId, athleteId),
    isNull(activities.hiddenAt),
    isConfirmed(confirmedAfter),
    isAllowed(athleteId),
    sportType === undefined ? undefined : eq(activities.sportType, sportType),
    after === undefined ? undefined : gte(activities.startAt, instantOf('/after', after)),
    before === undefined ? undefined : lte(activities.startAt, instantOf('/before', before)),
    from === undefined ? undefined : isFrom(dateOf('/from_date', from)),
    to === undefined ? undefined : isUntil(dateOf('/to_date', to)),
    min === undefined ? undefined : gte(activities.distanceMeters, min),
    max === undefined ? undefined : lte(activities.distanceMeters, max),
  )
}

/** Once he no longer allows private activities to be read, none is shown, even before the fetcher has removed them. */
const mayBeShownPrivate = (athleteId: StravaId): SQL =>
  sql`(select 'activity:read_all' = any(${athletes.scopes}) from ${athletes} where ${athletes.id} = ${athleteId})`

/** The condition of an export: as {@link shown}, and what is hidden as well. */
export function exportable({ athleteId, confirmedAfter }: View): SQL | undefined {
  if (!fitsInt64(athleteId)) return sql`false`
  return and(eq(activities.athleteId, athleteId), isConfirmed(confirmedAfter), isAllowed(athleteId))
}

/** Strava has confirmed it recently enough for any use. */
export const isConfirmed = (confirmedAfter: Date): SQL => gt(activities.confirmedAt, confirmedAfter)

/** It is not private, or the athlete allows private ones. */
export const isAllowed = (athleteId: StravaId): SQL =>
  sql`(${activities.private} = false or ${mayBeShownPrivate(athleteId)})`

const DAY_MS = 86_400_000

/**
 * Days are those of each activity's own zone. No zone is a day or more away from UTC, so a bound on the instant goes with
 * each: the index knows that one.
 */
const isFrom = (date: Date): SQL | undefined =>
  and(gte(activities.startAt, new Date(date.getTime() - DAY_MS)), sql`${startDate} >= ${isoDate(date)}::date`)

const isUntil = (date: Date): SQL | undefined =>
  and(
    lt(activities.startAt, new Date(date.getTime() + 2 * DAY_MS)),
    sql`${startDate} <= ${isoDate(date)}::date`,
  )

const isoDate = (date: Date) => date.toISOString().slice(0, 10)

/** Midnight UTC of a date; the schema knows its form, that there is such a day is seen here. */
function dateOf(pointer: string, text: string): Date {
  const date = new Date(`${text}T00:00:00Z`)
  const [first, last] = [new Date(date.getTime() - DAY_MS), new Date(date.getTime() + 2 * DAY_MS)]
  if (Number.isNaN(date.getTime()) || isoDate(date) !== text || !isStorable(first) || !isStorable(last))
    throw new InputError(pointer, 'There is no such day.')
  return date
}

/** The schema knows the form of an instant; that there is such a day is seen here. */
function instantOf(pointer: string, text: string): Date {
  const instant = new Date(text)
  if (Number.isNaN(instant.getTime()) || !isStorable(instant)) {
    throw new InputError(pointer, 'There is no such date and time.')
  }
  return instant
}
