import type { Activity, ActivityFilter, StravaId } from '@ikigai/contracts'
import {
  type ActivityRow,
  activities,
  activityColumns,
  type Db,
  detailColumn,
  idIn,
  toActivity,
} from '@ikigai/db'
import { and, sql } from 'drizzle-orm'
import { fitsInt64 } from './int64.ts'
import { type VisibilityFilter, visibleTo } from './visibility.ts'

/** An activity with Strava's own document. */
export interface ActivityWithDetail {
  readonly id: StravaId
  readonly hasDetail: boolean
  readonly activity: Activity
  /** Strava's DetailedActivity as JSON text; null if not fetched. */
  readonly detail: string | null
  /** Both as JSON text: parsing Strava's document would round large ids. */
  readonly json: string
  /** Of `json`; undefined if it has not been made. */
  readonly entityTag?: string | undefined
}

/** A randomly chosen activity. */
export interface ChosenActivity extends ActivityWithDetail {
  /** In a shuffle: cursor of the next activity; null after the last one. */
  readonly nextCursor?: string | null
}

export type Choice = ChosenActivity | NoChoice

/** `no-match`: no activity matches the filter; `none`: nothing is stored. */
export type NoChoice = 'no-match' | 'none'

/** An activity as read, and how long it may be served. */
export interface FreshActivity extends ActivityWithDetail {
  /** Epoch ms at which Strava confirmed the older of summary and detail. */
  readonly confirmedAtMs: number
}

/** Reads the activities with these ids that are visible to the athlete, in any order. */
export async function activitiesByIds(
  db: Db,
  visibility: VisibilityFilter,
  ids: readonly StravaId[],
): Promise<readonly FreshActivity[]> {
  const known = ids.filter(fitsInt64)
  if (known.length === 0) return []
  const rows = await db
    .select({ ...columnsWithDetail(visibility), detailAt: activities.detailAt })
    .from(activities)
    .where(and(idIn(activities.id, known), visibleTo(visibility)))
  return rows.map(({ detailAt, ...row }) => ({
    ...withDetail(row),
    confirmedAtMs: confirmedAtMs({ ...row, detailAt }),
  }))
}

/** When Strava confirmed the older of the served parts of a row: its summary, and its detail if that is fresh. Epoch ms. */
export function confirmedAtMs({
  confirmedAt,
  hasDetail,
  detailAt,
}: {
  readonly confirmedAt: Date
  readonly hasDetail: boolean
  readonly detailAt: Date | null
}): number {
  const detailMs = hasDetail && detailAt !== null ? detailAt.getTime() : Number.POSITIVE_INFINITY
  return Math.min(confirmedAt.getTime(), detailMs)
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
  return { id: row.id, hasDetail: row.hasDetail, activity, detail, json }
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
