import {
  activities,
  activityTombstones,
  athletePresence,
  type Db,
  fetchQueue,
  imports,
  processedEvents,
  resyncs,
  wantedActivities,
} from '@ikigai/db'
import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { repeatBatches } from '../repeat-batches.ts'
import { CATCH_UP_MS } from '../resync/interval.ts'
import { latestPlausible } from './ahead.ts'

const BATCH_SIZE = 1_000
const HOUR_MS = 3_600_000
/** How far into the future this release sets a job's delay and the end of presence at most: ms. */
const MAX_AHEAD_MS = { job: 25 * HOUR_MS, presence: HOUR_MS }

/**
 * Sets stored times that a wrong clock wrote into the future to now, because they would delay work until then. Call it
 * only while clocks agree. The times that it does not cover are ignored where they are read.
 * @returns the number of corrected rows
 */
export async function correctFutureTimes(db: Db, now: number, maxAgeMs: number): Promise<number> {
  const at = instant(now)
  const ahead = instant(latestPlausible(new Date(now)).getTime())
  const capped = (column: SQL) => sql`case when ${column} > ${ahead} then ${at} else ${column} end`
  const column = (name: string) => sql.identifier(name)
  const set = (...names: string[]) =>
    sql.join(
      names.map((name) => sql`${column(name)} = ${capped(sql`${column(name)}`)}`),
      sql`, `,
    )
  const any = (...names: string[]) =>
    sql.join(
      names.map((name) => sql`${column(name)} > ${ahead}`),
      sql` or `,
    )
  const resyncTimes = ['started_at', 'updated_at', 'complete_at', 'quarantined_since']
  const importTimes = ['started_at', 'updated_at', 'completed_at']
  const soon = sql`${at} + mod(athlete_id, ${CATCH_UP_MS / 1_000}::bigint) * interval '1 second'`
  const lastDue = instant(now + Math.max(maxAgeMs, 2 * MAX_AHEAD_MS.job))
  // By the index, latest first, in batches: the table may be large, and usually no row is ahead.
  const indexed = (table: PgTable, by: string, changes: SQL) =>
    sql`update ${table} set ${changes} where ctid in (select ctid from ${table}
      where ${column(by)} is not null and ${any(by)} order by ${column(by)} desc limit ${BATCH_SIZE})`
  const statements = [
    indexed(activities, 'confirmed_at', set('confirmed_at', 'observed_at', 'detail_at')),
    indexed(activities, 'detail_at', set('detail_at')),
    sql`update ${activities} set ${set('missing_since')} where missing_since is not null and ${any('missing_since')}`,
    indexed(activityTombstones, 'recorded_at', set('recorded_at')),
    indexed(processedEvents, 'processed_at', set('processed_at')),
    sql`update ${resyncs} set due_at = least(due_at, ${soon}), ${set(...resyncTimes)}
      where due_at > ${lastDue} or ${any(...resyncTimes)}`,
    sql`update ${imports} set ${set(...importTimes)} where ${any(...importTimes)}`,
    sql`update ${fetchQueue} set delayed_until = ${at} where delayed_until > ${instant(now + MAX_AHEAD_MS.job)}`,
    sql`update ${fetchQueue} set ${set('dead_at', 'queued_at')} where ${any('dead_at', 'queued_at')}`,
    sql`update ${wantedActivities} set not_before = ${at} where not_before > ${instant(now + MAX_AHEAD_MS.job)}`,
    sql`update ${wantedActivities} set ${set('dead_at')} where ${any('dead_at')}`,
    sql`delete from ${athletePresence} where until > ${instant(now + MAX_AHEAD_MS.presence)}`,
  ]
  let rows = 0
  for (const statement of statements)
    rows += await repeatBatches(BATCH_SIZE, async () => {
      const changed = await db.execute(sql`${statement} returning 1`)
      return changed.length
    })
  return rows
}

const instant = (at: number): SQL => sql`${new Date(at).toISOString()}::timestamptz`
