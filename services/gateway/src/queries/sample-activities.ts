import type { ActivityFilter } from '@ikigai/contracts'
import { activities, type Db } from '@ikigai/db'
import { eq, sql } from 'drizzle-orm'
import {
  type ActivityWithDetail,
  columnsWithDetail,
  type NoChoice,
  reasonForNone,
  withDetail,
} from './activities.ts'
import { type VisibilityFilter, visibleTo } from './visibility.ts'

/** A sampled activity. */
export interface Sample extends ActivityWithDetail {
  /** Epoch ms at which Strava confirmed the older of summary and detail. */
  readonly confirmedAtMs: number
}

/**
 * Samples matching activities uniformly, with replacement, `times` times. One statement counts and chooses, so both see
 * the same rows.
 * @throws InputError
 */
export async function sampleActivities(
  db: Db,
  visibility: VisibilityFilter,
  filter: ActivityFilter,
  times: number,
): Promise<readonly Sample[] | NoChoice> {
  const fitting = db.select({ id: activities.id }).from(activities).where(visibleTo(visibility, filter))
  const drawn = sql`(
    with fitting as materialized ${fitting},
      listed as (select id, row_number() over () - 1 as place from fitting),
      total as materialized (select count(*) as fitting from listed),
      draws as materialized (
        select turn, floor(random() * total.fitting)::bigint as place
        from total, generate_series(1, ${times}::int) turn)
    select turn, id from draws join listed using (place)) drawn`
  const rows = await db
    .select({ ...columnsWithDetail(visibility), detailAt: activities.detailAt })
    .from(activities)
    .innerJoin(drawn, eq(activities.id, sql`drawn.id`))
    // The join's own order would correlate neighbours.
    .orderBy(sql`drawn.turn`)
  if (rows.length === 0) return reasonForNone(db, visibility, filter)
  return rows.map(({ detailAt, ...row }) => {
    const confirmed = [row.confirmedAt, ...(row.hasDetail && detailAt !== null ? [detailAt] : [])]
    return { ...withDetail(row), confirmedAtMs: Math.min(...confirmed.map((at) => at.getTime())) }
  })
}
