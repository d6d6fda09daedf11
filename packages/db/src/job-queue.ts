import { LANES, type Lane, type StravaId } from '@ikigai/contracts'
import { sql } from 'drizzle-orm'
import type { Db } from './client.ts'
import { fetchJobs } from './schema/jobs.ts'

/**
 * A job that may be served now: its time has come, and nobody alive works on it. Claims run by the database's clock,
 * because those of the replicas differ.
 */
export const servable = (now: Date) => sql`dead_at is null and ready_at <= ${now.toISOString()}::timestamptz
  and (claimed_until is null or claimed_until <= now())`

/** A lane's jobs by what they are about. */
export interface LaneQueue {
  readonly lane: Lane
  readonly waiting: number
  /** Not before a time that is yet to come. */
  readonly delayed: number
  readonly underWay: number
  readonly dead: number
  /** Since when the oldest of those that wait has waited: epoch ms. */
  readonly oldestAt: number | undefined
}

/** What all lanes hold. */
export async function queueByLane(db: Db, now: Date): Promise<LaneQueue[]> {
  const rows = await db.execute<
    Record<'waiting' | 'under_way' | 'dead' | 'total', number> & { lane: string; oldest: string | null }
  >(sql`
    select lane, count(*)::int as total,
      count(*) filter (where ${servable(now)})::int as waiting,
      count(*) filter (where dead_at is null and claimed_until > now())::int as under_way,
      count(*) filter (where dead_at is not null)::int as dead,
      extract(epoch from min(greatest(queued_at, ready_at)) filter (where ${servable(now)})) * 1000 as oldest
    from ${fetchJobs} group by lane`)
  return LANES.map((lane) => {
    const row = rows.find((each) => each.lane === lane)
    const { waiting = 0, under_way: underWay = 0, dead = 0, total = 0, oldest = null } = row ?? {}
    const oldestAt = oldest === null ? undefined : Number(oldest)
    return { lane, waiting, underWay, dead, delayed: total - waiting - underWay - dead, oldestAt }
  })
}

/**
 * How many pages of others come before this athlete's next one: the jobs of his lane, `signup` or `backfill`, that stand
 * before his, each of another athlete. Undefined when none of his is queued.
 */
export async function queuePosition(db: Db, athleteId: StravaId): Promise<number | undefined> {
  const [row] = await db.execute<{ position: number }>(sql`
    select count(j.athlete_id)::int as position
    from ${fetchJobs} his left join ${fetchJobs} j
      on j.lane = his.lane and j.dead_at is null and (j.pass, j.arrival) < (his.pass, his.arrival)
    where his.lane in ('signup', 'backfill') and his.athlete_id = ${athleteId}::bigint and his.dead_at is null
    group by his.lane, his.pass order by his.lane desc limit 1`)
  return row?.position
}
