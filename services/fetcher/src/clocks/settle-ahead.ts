import {
  activities,
  activityTombstones,
  athletePresence,
  type Db,
  fetchJobs,
  imports,
  listings,
  processedEvents,
} from '@ikigai/db'
import { type SQL, sql } from 'drizzle-orm'
import { CATCH_UP_MS } from '../refresh/policy.ts'
import { aheadOf } from './ahead.ts'

const HOUR_MS = 3_600_000
/** No job, and nobody's presence, is put off, or lasts, for longer. */
const LONGEST_MS = { job: 25 * HOUR_MS, presence: HOUR_MS }

/**
 * Stored times that lie ahead count as now: a clock that was wrong for a while would otherwise keep things from happening
 * until then. Only to be called while clocks agree. What else is ahead keeps nothing out where it is read.
 * @returns how many rows spoke of times to come
 */
export async function settleAhead(db: Db, now: number, maxAgeMs: number): Promise<number> {
  const at = instant(now)
  const ahead = instant(aheadOf(new Date(now)).getTime())
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
  const listingTimes = ['started_at', 'updated_at', 'complete_at', 'held_since']
  const importTimes = ['started_at', 'updated_at', 'completed_at']
  const soon = sql`${at} + mod(athlete_id, ${CATCH_UP_MS / 1_000}::bigint) * interval '1 second'`
  const lastDue = instant(now + Math.max(maxAgeMs, 2 * LONGEST_MS.job))
  const statements = [
    // By their indexes: there may be many activities, and none of them is ahead but after such a fault.
    sql`update ${activities} set ${set('confirmed_at', 'observed_at', 'detail_at')} where ${any('confirmed_at')}`,
    sql`update ${activities} set ${set('detail_at')} where detail_at is not null and ${any('detail_at')}`,
    sql`update ${activities} set ${set('missing_since')} where missing_since is not null and ${any('missing_since')}`,
    sql`update ${activityTombstones} set ${set('recorded_at')} where ${any('recorded_at')}`,
    sql`update ${processedEvents} set ${set('processed_at')} where ${any('processed_at')}`,
    sql`update ${listings} set due_at = least(due_at, ${soon}), ${set(...listingTimes)}
      where due_at > ${lastDue} or ${any(...listingTimes)}`,
    sql`update ${imports} set ${set(...importTimes)} where ${any(...importTimes)}`,
    sql`update ${fetchJobs} set ready_at = ${at} where ready_at > ${instant(now + LONGEST_MS.job)}`,
    sql`update ${fetchJobs} set ${set('dead_at', 'queued_at')} where ${any('dead_at', 'queued_at')}`,
    sql`delete from ${athletePresence} where until > ${instant(now + LONGEST_MS.presence)}`,
  ]
  let rows = 0
  for (const statement of statements) rows += (await db.execute(sql`${statement} returning 1`)).length
  return rows
}

const instant = (at: number): SQL => sql`${new Date(at).toISOString()}::timestamptz`
