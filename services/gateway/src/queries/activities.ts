import type { Activity, ActivityFilter, StravaId } from '@ikigai/contracts'
import { type ActivityRow, activities, activityColumns, type Db, detailColumn, toActivity } from '@ikigai/db'
import { and, eq, sql } from 'drizzle-orm'
import { fitsInt64 } from './int64.ts'
import { type VisibilityFilter, visibleTo } from './visibility.ts'

/** An activity with Strava's own document. */
export interface ActivityWithDetail {
  readonly activity: Activity
  /** Strava's DetailedActivity as JSON text; null if not fetched. */
  readonly detail: string | null
  /** Both as JSON text: parsing Strava's document would round large ids. */
  readonly json: string
}

/** A randomly chosen activity. */
export interface ChosenActivity extends ActivityWithDetail {
  /** In a shuffle: cursor of the next activity; null after the last one. */
  readonly nextCursor?: string | null
}

export type Choice = ChosenActivity | NoChoice

/** `no-match`: no activity matches the filter; `none`: nothing is stored. */
export type NoChoice = 'no-match' | 'none'

/** One activity, if it is visible to the athlete. */
export async function activityById(
  db: Db,
  visibility: VisibilityFilter,
  id: StravaId,
): Promise<ActivityWithDetail | undefined> {
  if (!fitsInt64(id)) return undefined
  const [row] = await db
    .select(columnsWithDetail(visibility))
    .from(activities)
    .where(and(eq(activities.id, id), visibleTo(visibility)))
  return row === undefined ? undefined : withDetail(row)
}

/** Columns that {@link withDetail} takes. */
export const columnsWithDetail = ({ confirmedAfter }: VisibilityFilter) => ({
  ...activityColumns(confirmedAfter),
  detail: detailColumn(confirmedAfter),
})

/** Combines an activity and its detail. */
export function withDetail({ detail, ...row }: ActivityRow & { detail: string | null }): ActivityWithDetail {
  const activity = toActivity(row)
  const json = `${JSON.stringify(activity).slice(0, -1)},"detail":${detail ?? 'null'}}`
  return { activity, detail, json }
}

/** Why a random choice found nothing. */
export async function reasonForNone(
  db: Db,
  visibility: VisibilityFilter,
  filter: ActivityFilter,
): Promise<NoChoice> {
  const isFiltered = Object.values(filter).some((bound) => bound !== undefined)
  if (!isFiltered) return 'none'
  const rows = await db.select({ one: sql`1` }).from(activities).where(visibleTo(visibility)).limit(1)
  return rows.length > 0 ? 'no-match' : 'none'
}
