import { LANES, type Lane } from '@ikigai/contracts'
import { type Db, fetchQueue, isClaimable } from '@ikigai/db'
import { sql } from 'drizzle-orm'

/** Maximum of delayed entries released by one poll. */
const BATCH_SIZE = 1_000

/** Moves entries whose delay is over to their lane's tail. @returns the lanes that have claimable entries */
export async function pollLanes(db: Db, now: Date): Promise<Lane[]> {
  const at = sql`${now.toISOString()}::timestamptz`
  const rows = await db.execute<{ lane: string }>(sql`
    with due as (
      select lane, athlete_id from ${fetchQueue}
      where delayed_until <= ${at} and dead_at is null and delayed_until is not null
      order by delayed_until limit ${BATCH_SIZE} for update skip locked),
    queued as (
      update ${fetchQueue} q set delayed_until = null, queued_at = ${at}, sequence = default
      from due where q.lane = due.lane and q.athlete_id = due.athlete_id returning q.lane)
    select lane from queued
    union select lanes.lane from unnest(${`{${LANES.join(',')}}`}::text[]) as lanes(lane)
    where (
      select true from ${fetchQueue} q where q.lane = lanes.lane and ${isClaimable} order by q.sequence limit 1)`)
  return LANES.filter((lane) => rows.some((row) => row.lane === lane))
}
