import type { Activity, ActivityFilter, StravaId } from '@ikigai/contracts'
import { type ActivityRow, activities, activityColumns, type Db, detailColumn, toActivity } from '@ikigai/db'
import { and, eq, sql } from 'drizzle-orm'
import { fitsInt64 } from './int64.ts'
import { shown, type View } from './shown.ts'

/** An activity, and with it Strava's own document. */
export interface ActivityWithDetail {
  readonly activity: Activity
  /** Strava's DetailedActivity as JSON text, where there is one. */
  readonly detail: string | null
  /** Both as they are answered: JSON text, because parsing Strava's document would round its larger ids. */
  readonly json: string
}

/** An activity that was chosen. */
export interface Chosen extends ActivityWithDetail {
  /** In a walk: leads to the next step; null after the last one. */
  readonly nextCursor?: string | null
}

/** What came of a choice. */
export type Choice = Chosen | NoChoice

/** Nothing that fits the filter, or nothing at all. */
export type NoChoice = 'no-match' | 'none'

/** One activity of the athlete, if it is shown to him. */
export async function activityById(
  db: Db,
  view: View,
  id: StravaId,
): Promise<ActivityWithDetail | undefined> {
  if (!fitsInt64(id)) return undefined
  const [row] = await db
    .select(columnsWithDetail(view))
    .from(activities)
    .where(and(eq(activities.id, id), shown(view)))
  return row === undefined ? undefined : withDetail(row)
}

/** What {@link withDetail} is made of. */
export const columnsWithDetail = ({ confirmedAfter }: View) => ({
  ...activityColumns(confirmedAfter),
  detail: detailColumn(confirmedAfter),
})

/** Puts an activity and its detail together. */
export function withDetail({ detail, ...row }: ActivityRow & { detail: string | null }): ActivityWithDetail {
  const activity = toActivity(row)
  const json = `${JSON.stringify(activity).slice(0, -1)},"detail":${detail ?? 'null'}}`
  return { activity, detail, json }
}

/** Why nothing fits. */
export async function nothingToChoose(db: Db, view: View, filter: ActivityFilter): Promise<NoChoice> {
  const isFiltered = Object.values(filter).some((bound) => bound !== undefined)
  if (!isFiltered) return 'none'
  const rows = await db.select({ one: sql`1` }).from(activities).where(shown(view)).limit(1)
  return rows.length > 0 ? 'no-match' : 'none'
}
