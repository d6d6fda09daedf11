import type { ActivityFilter } from '@ikigai/contracts'
import { activities, type Db } from '@ikigai/db'
import { eq, sql } from 'drizzle-orm'
import { type Choice, columnsWithDetail, reasonForNone, withDetail } from './activities.ts'
import { type VisibilityFilter, visibleTo } from './visibility.ts'

/**
 * One matching activity, uniformly random. One statement counts and chooses, so both see the same rows.
 * @throws InputError
 */
export async function randomActivity(
  db: Db,
  visibility: VisibilityFilter,
  filter: ActivityFilter,
): Promise<Choice> {
  const matching = db.select({ id: activities.id }).from(activities).where(visibleTo(visibility, filter))
  const drawn = sql`(
    with matching as materialized ${matching},
      chosen as materialized (select floor(random() * count(*))::bigint as place from matching)
    select id from matching offset (select place from chosen) limit 1) drawn`
  const [row] = await db
    .select(columnsWithDetail(visibility))
    .from(activities)
    .innerJoin(drawn, eq(activities.id, sql`drawn.id`))
  return row === undefined ? reasonForNone(db, visibility, filter) : withDetail(row)
}
