import type { Lane, StravaId } from '@ikigai/contracts'
import { fetchJobs, fetchLanes, type Tx } from '@ikigai/db'
import { sql } from 'drizzle-orm'
import { enqueue, turnMessage } from './messages.ts'

/** Work for a lane. */
export interface Job {
  readonly lane: Lane
  readonly athleteId: StravaId
  /** Absent: the athlete as a whole. */
  readonly activityId?: StravaId | undefined
  /** Inbox of whoever waits for the outcome. */
  readonly notify?: string | undefined
}

/**
 * Queues jobs as part of the transaction. One that waits already keeps its place and is done once; one that is under way
 * is done again afterwards; one that was given up has another chance. The places follow `passOf` of the quota's policy:
 * an athlete's jobs stand one pass apart, and he begins at the pass that his lane serves.
 */
export async function queueJobs(tx: Tx, jobs: readonly Job[], now: Date): Promise<void> {
  if (jobs.length === 0) return
  const at = now.toISOString()
  const wanted = JSON.stringify(
    jobs.map(({ lane, athleteId, activityId, notify }) => [lane, athleteId, activityId ?? '0', notify]),
  )
  const queued = await tx.execute<{ lane: Lane; athlete_id: StravaId; activity_id: StravaId }>(sql`
    with wanted as (
      select distinct on (job->>0, job->>1, job->>2) job->>0 as lane, (job->>1)::bigint as athlete_id, (job->>2)::bigint as activity_id, job->>3 as notify, place
      from jsonb_array_elements(${wanted}::jsonb) with ordinality as item(job, place)
      order by job->>0, job->>1, job->>2, place),
    queued as (
      insert into ${fetchJobs} as j (lane, athlete_id, activity_id, notify, pass, queued_at, ready_at)
      select lane, athlete_id, activity_id, notify,
        greatest(
          coalesce((select served_pass from ${fetchLanes} l where l.lane = w.lane), 0),
          coalesce((select max(pass) from ${fetchJobs} f where f.lane = w.lane and f.athlete_id = w.athlete_id), 0))
          + row_number() over (partition by lane, athlete_id order by place),
        ${at}::timestamptz, ${at}::timestamptz
      from wanted w order by place
      on conflict (lane, athlete_id, activity_id) do update set
        version = case when j.dead_at is null then j.version + 1 else 1 end,
        notify = coalesce(excluded.notify, j.notify),
        (pass, arrival, queued_at) = (select
          case when ${waits} then j.pass else excluded.pass end,
          case when ${waits} then j.arrival else excluded.arrival end,
          case when ${waits} then j.queued_at else excluded.queued_at end),
        (attempts, reason, ready_at) = (select
          case when j.dead_at is null then j.attempts else 0 end,
          case when j.dead_at is null then j.reason end,
          case when j.dead_at is null then j.ready_at else excluded.ready_at end),
        dead_at = null
      returning lane, athlete_id, activity_id, version)
    select lane, athlete_id, activity_id from queued where version = 1`)
  // Whoever has one under way sees to its next turn himself.
  await enqueue(
    tx,
    queued.map((row) => turnMessage(row.lane, row.athlete_id, row.activity_id)),
  )
}

/** It has a place that it keeps. */
const waits = sql`j.claimed_by is null and j.dead_at is null`

/** See {@link queueJobs}. */
export const queueJob = (tx: Tx, job: Job, now: Date): Promise<void> => queueJobs(tx, [job], now)
