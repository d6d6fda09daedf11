import { activities, activityTombstones, budgets, type Db, processedEvents } from '@ikigai/db'
import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { repeatBatches } from '../repeat-batches.ts'

const DAY_MS = 86_400_000

/**
 * Age at which tombstones and processed events are deleted. Longer than a late event can take: events stay in their
 * stream for 7 days, and Strava retries within minutes. The rows hold ids and times only, no data of an activity.
 */
const RECORD_TTL_MS = 8 * DAY_MS

/** Expired budgets are kept for this long, for replicas whose clock is behind: ms. */
const EXPIRED_BUDGET_TTL_MS = 3_600_000

const BATCH_SIZE = 1_000

/** Numbers of deleted rows; `details`: of cleared details. */
export interface RetentionResult {
  readonly activities: number
  readonly details: number
  readonly tombstones: number
  readonly events: number
  readonly budgets: number
}

/**
 * Deletes expired rows at `now` (epoch ms): activities that Strava has not confirmed for `maxAgeMs` (Strava's API Policy,
 * 6.2), details by their own age, tombstones and processed events. An activity that expires still exists at Strava, so no
 * event is published and no tombstone stays.
 */
export async function enforceRetention(db: Db, now: number, maxAgeMs: number): Promise<RetentionResult> {
  const aged = sql`${new Date(now - maxAgeMs).toISOString()}::timestamptz`
  const forgotten = sql`${new Date(now - RECORD_TTL_MS).toISOString()}::timestamptz`
  return {
    activities: await removeAll(db, activities, sql`confirmed_at <= ${aged}`),
    details: await repeatBatches(BATCH_SIZE, async () => {
      const cleared = await db.execute(sql`
        update ${activities} set detail = null, detail_at = null
        where ctid in (${some(activities, sql`detail_at <= ${aged}`)}) returning 1`)
      return cleared.length
    }),
    tombstones: await removeAll(db, activityTombstones, sql`recorded_at <= ${forgotten}`),
    events: await removeAll(db, processedEvents, sql`processed_at <= ${forgotten}`),
    budgets: await removeAll(
      db,
      budgets,
      sql`ends_at <= ${new Date(now - EXPIRED_BUDGET_TTL_MS).toISOString()}::timestamptz`,
    ),
  }
}

const some = (table: PgTable, condition: SQL) =>
  sql`select ctid from ${table} where ${condition} limit ${BATCH_SIZE} for update skip locked`

function removeAll(db: Db, table: PgTable, condition: SQL): Promise<number> {
  return repeatBatches(BATCH_SIZE, async () => {
    const removed = await db.execute(
      sql`delete from ${table} where ctid in (${some(table, condition)}) returning 1`,
    )
    return removed.length
  })
}
