import type { StravaId } from '@ikigai/contracts'
import { activities, type Db } from '@ikigai/db'
import { sql } from 'drizzle-orm'
import { stillShown } from './visibility.ts'

/**
 * A text that differs after every change to what an athlete's activities show: the sum of a hash of each row's id and of
 * `xmin`, the number of the transaction that wrote this version of the row. Rows that are hidden, or private without the scope,
 * do not count.
 */
export async function activitiesVersion(db: Db, athleteId: StravaId): Promise<string> {
  const [row] = await db
    .select({
      version: sql<string>`count(*) || ':' || coalesce(sum(hashint8extended(${activities.id}, ${activities}.xmin::text::bigint)), 0)`,
    })
    .from(activities)
    .where(stillShown(athleteId))
  return row?.version ?? ''
}
