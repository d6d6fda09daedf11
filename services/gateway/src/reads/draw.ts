import type { ActivityFilter } from '@ikigai/contracts'
import { activities, type Db } from '@ikigai/db'
import { eq, sql } from 'drizzle-orm'
import {
  type ActivityWithDetail,
  columnsWithDetail,
  type NoChoice,
  nothingToChoose,
  withDetail,
} from './activities.ts'
import { shown, type View } from './shown.ts'

/** An activity that was drawn. */
export interface Drawn extends ActivityWithDetail {
  /** When Strava confirmed the oldest thing in it: epoch ms. */
  readonly confirmedAtMs: number
}

/**
 * Draws so many times one of the athlete's activities, each time each that fits as likely as any other, with one look
 * at the list: counting and choosing cannot disagree.
 * @throws InputError
 */
export async function draw(
  db: Db,
  view: View,
  filter: ActivityFilter,
  times: number,
): Promise<readonly Drawn[] | NoChoice> {
  const fitting = db.select({ id: activities.id }).from(activities).where(shown(view, filter))
  const drawn = sql`(
    with fitting as materialized ${fitting},
      listed as (select id, row_number() over () - 1 as place from fitting),
      total as materialized (select count(*) as fitting from listed),
      draws as materialized (
        select turn, floor(random() * total.fitting)::bigint as place
        from total, generate_series(1, ${times}::int) turn)
    select turn, id from draws join listed using (place)) drawn`
  const rows = await db
    .select({ ...columnsWithDetail(view), detailAt: activities.detailAt })
    .from(activities)
    .innerJoin(drawn, eq(activities.id, sql`drawn.id`))
    // A join may come in any order; in the order of the draws each one is independent of those before it.
    .orderBy(sql`drawn.turn`)
  if (rows.length === 0) return nothingToChoose(db, view, filter)
  return rows.map(({ detailAt, ...row }) => {
    const confirmed = [row.confirmedAt, ...(row.hasDetail && detailAt !== null ? [detailAt] : [])]
    return { ...withDetail(row), confirmedAtMs: Math.min(...confirmed.map((at) => at.getTime())) }
  })
}
