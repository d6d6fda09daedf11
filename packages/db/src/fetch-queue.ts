import { LANES, type Lane, type StravaId } from '@ikigai/contracts'
import { type SQL, sql } from 'drizzle-orm'
import type { Db } from './client.ts'
import { fetchQueue, wantedActivities } from './schema/fetch-queue.ts'

/**
 * The condition of a row of `fetch_queue` that may be claimed: it is neither delayed nor dead, and has no valid lease.
 * Leases use the database's clock, because those of the replicas differ.
 */
export const isClaimable = sql.raw(
  'delayed_until is null and dead_at is null and (leased_until is null or leased_until <= now())',
)

/** The depth of a lane's queue, in pending calls: athletes, or activities in the lanes that fetch single ones. */
export interface LaneQueue {
  readonly lane: Lane
  readonly waiting: number
  /** Delayed until a future time. */
  readonly delayed: number
  readonly underWay: number
  readonly dead: number
  /** Of the delayed ones, those that have failed. */
  readonly failing: number
  /** When the first of those is tried again: epoch ms. */
  readonly retryAt: number | undefined
  /** Since when the athlete at the head of the lane has been waiting: epoch ms. */
  readonly oldestAt: number | undefined
}

type Counts = Record<'waiting' | 'under_way' | 'dead' | 'total' | 'failing', number>

/** The depth of all lanes. */
export async function queueByLane(db: Db, now: Date): Promise<LaneQueue[]> {
  const at = sql`${now.toISOString()}::timestamptz`
  const isRetry = (notBefore: SQL) => sql`(dead_at is null and failure is not null and ${notBefore} > ${at})`
  const epochMs = (instant: SQL) => sql`extract(epoch from ${instant})::float8 * 1000`
  const rows = await db.execute<
    Counts & { lane: string; oldest: string | null; retry_at: number | null }
  >(sql`
    with wanted as (
      select lane, count(*)::int as total, count(*) filter (where dead_at is null and not_before <= ${at})::int as ready,
        count(*) filter (where dead_at is not null)::int as dead,
        count(*) filter (where ${isRetry(sql`not_before`)})::int as failing,
        ${epochMs(sql`min(not_before) filter (where ${isRetry(sql`not_before`)})`)} as retry_at
      from ${wantedActivities} group by lane),
    queued as (
      select lane, count(*)::int as total, count(*) filter (where dead_at is not null)::int as dead,
        count(*) filter (where dead_at is null and (leased_until is null or leased_until <= now())
          and (delayed_until is null or delayed_until <= ${at}))::int as waiting,
        count(*) filter (where leased_until > now())::int as under_way,
        count(*) filter (where ${isRetry(sql`delayed_until`)})::int as failing,
        ${epochMs(sql`min(delayed_until) filter (where ${isRetry(sql`delayed_until`)})`)} as retry_at,
        extract(epoch from min(queued_at) filter (where ${isClaimable})) * 1000 as oldest
      from ${fetchQueue} group by lane)
    select coalesce(q.lane, w.lane) as lane, coalesce(q.under_way, 0) as under_way, q.oldest,
      coalesce(w.failing, q.failing, 0) as failing, case when w.lane is null then q.retry_at else w.retry_at end as retry_at,
      coalesce(w.total, q.total, 0) as total, coalesce(w.dead, q.dead, 0) as dead,
      case when w.lane is null then q.waiting else greatest(0, w.ready - coalesce(q.under_way, 0)) end as waiting
    from queued q full join wanted w using (lane)`)
  return LANES.map((lane) => {
    const row = rows.find((each) => each.lane === lane)
    const {
      waiting = 0,
      under_way: underWay = 0,
      dead = 0,
      total = 0,
      failing = 0,
      oldest = null,
    } = row ?? {}
    const oldestAt = oldest === null ? undefined : Number(oldest)
    const delayed = Math.max(0, total - waiting - underWay - dead)
    return { lane, waiting, underWay, dead, delayed, failing, retryAt: row?.retry_at ?? undefined, oldestAt }
  })
}

/**
 * Number of calls for other athletes before this athlete's next page, in the lane `signup` or `backfill`. Undefined if the
 * athlete is in neither.
 */
export async function queuePosition(db: Db, athleteId: StravaId): Promise<number | undefined> {
  const [row] = await db.execute<{ position: number }>(sql`
    select (
      select count(*)::int from ${fetchQueue} other
      where other.lane = own.lane and other.delayed_until is null and other.dead_at is null
        and (other.sequence < own.sequence or own.delayed_until is not null) and other.athlete_id <> own.athlete_id
    ) as position
    from ${fetchQueue} own
    where own.lane in ('signup', 'backfill') and own.athlete_id = ${athleteId}::bigint and own.dead_at is null
    order by own.lane desc limit 1`)
  return row?.position
}
