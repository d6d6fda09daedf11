import type { Activity, ActivityFilter, ActivityPage, StravaId } from '@ikigai/contracts'
import { activities, activityColumns, type Db, detailColumn, toActivity } from '@ikigai/db'
import { and, eq, type SQL, sql } from 'drizzle-orm'
import { decodeCursor, encodeCursor, type Position } from './cursor.ts'
import { fitsInt64 } from './int64.ts'
import type { ListRequest } from './list-request.ts'
import { shown, type View } from './shown.ts'

/** An activity, and Strava's DetailedActivity as JSON text where there is one. */
export interface ActivityWithDetail {
  readonly activity: Activity
  readonly detail: string | null
}

/** What came of a choice: an activity, none that fits the filter, or none at all. */
export type Choice = ActivityWithDetail | 'no-match' | 'none'

/** One activity of the athlete, if it is shown to him. */
export async function activityById(
  db: Db,
  view: View,
  id: StravaId,
): Promise<ActivityWithDetail | undefined> {
  return fitsInt64(id) ? one(db, view, and(eq(activities.id, id), shown(view))) : undefined
}

/**
 * One activity of the athlete, each that fits the filter as likely as any other.
 * @throws InputError
 */
export async function randomActivity(db: Db, view: View, filter: ActivityFilter): Promise<Choice> {
  const fitting = db.select({ id: activities.id }).from(activities).where(shown(view, filter))
  // The list is made once, and the place in it is drawn once: counting and choosing cannot disagree.
  const drawn = sql`(
    with fitting as materialized ${fitting}
    select id from fitting
    offset (select floor(random() * count(*))::bigint from fitting)
    limit 1
  )`
  const found = await one(db, view, sql`${activities.id} = ${drawn}`)
  if (found !== undefined) return found
  const isFiltered = Object.values(filter).some((bound) => bound !== undefined)
  return isFiltered && (await hasActivities(db, view)) ? 'no-match' : 'none'
}

async function one(db: Db, view: View, which: SQL | undefined): Promise<ActivityWithDetail | undefined> {
  const { confirmedAfter } = view
  const [row] = await db
    .select({ ...activityColumns(confirmedAfter), detail: detailColumn(confirmedAfter) })
    .from(activities)
    .where(which)
    .limit(1)
  return row === undefined ? undefined : { activity: toActivity(row), detail: row.detail }
}

async function hasActivities(db: Db, view: View): Promise<boolean> {
  const rows = await db.select({ id: activities.id }).from(activities).where(shown(view)).limit(1)
  return rows.length > 0
}

/**
 * A page of the athlete's activities, newest first; equal starts follow their ids, so that pages neither
 * repeat nor skip any.
 * @throws InputError
 */
export async function listActivities(db: Db, view: View, request: ListRequest): Promise<ActivityPage> {
  const { filter, limit, cursor } = request
  const rows = await db
    .select(activityColumns(view.confirmedAfter))
    .from(activities)
    .where(and(shown(view, filter), cursor === undefined ? undefined : isAfter(decodeCursor(cursor))))
    // As the index is ordered.
    .orderBy(sql`${activities.startAt} desc nulls last`, sql`${activities.id} desc nulls last`)
    .limit(limit + 1)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const hasMore = rows.length > limit && last !== undefined
  return { data: page.map(toActivity), next_cursor: hasMore ? encodeCursor(last) : null }
}

const isAfter = ({ startAt, id }: Position): SQL =>
  sql`(${activities.startAt}, ${activities.id})
    < (${sql.param(startAt, activities.startAt)}, ${sql.param(id, activities.id)})`
