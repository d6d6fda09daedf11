import { type Carrier, traceHeaders } from '@ikigai/chassis/tracing'
import type { Lane, StravaId } from '@ikigai/contracts'
import { fetchQueue, type Tx, wantedActivities } from '@ikigai/db'
import { and, eq, isNull, ne, sql } from 'drizzle-orm'
import type { ActivityLane, AthleteLane } from './attempt.ts'

/** Work to queue. `trace`: context of the request for it; default: that of the current span. */
export type Work = { readonly trace?: Carrier | undefined } & (
  | { readonly lane: ActivityLane; readonly athleteId: StravaId; readonly activityId: StravaId }
  | { readonly lane: AthleteLane; readonly athleteId: StravaId; readonly replyTo?: string | undefined }
)

/** In place of an activity's id: list the athlete's newest activities, instead of fetching each that an event named. */
export const CATCH_UP: StravaId = '0'

/** The work that lists the athlete's newest activities. */
export const catchUpOf = (athleteId: StravaId): Work => ({ lane: 'webhook', athleteId, activityId: CATCH_UP })

/** Replaces the athlete's wanted activities by one list call, which is served next. */
export async function leaveToCatchUp(tx: Tx, athleteId: StravaId, now: Date): Promise<void> {
  const { lane, athleteId: owner, activityId, deadAt } = wantedActivities
  await tx
    .delete(wantedActivities)
    .where(and(eq(lane, 'webhook'), eq(owner, athleteId), ne(activityId, CATCH_UP), isNull(deadAt)))
  await schedule(tx, [catchUpOf(athleteId)], now)
}

/** The lanes that transactions have scheduled work in. */
const scheduled = new WeakMap<Tx, Set<Lane>>()

/** New work of a transaction, by lane. */
const arrived = new WeakMap<Tx, Map<Lane, number>>()

/** The counts of {@link recordArrivals}. */
export const arrivalsOf = (tx: Tx): ReadonlyMap<Lane, number> => arrived.get(tx) ?? new Map()

/** Counts new work of a transaction, to be added to the arrivals after its commit. */
export function recordArrivals(tx: Tx, lane: Lane, count: number): void {
  const counts = arrived.get(tx) ?? new Map<Lane, number>()
  arrived.set(tx, counts.set(lane, (counts.get(lane) ?? 0) + count))
}

/** The lanes that a transaction has scheduled work in, to be woken after its commit. */
export const lanesScheduledBy = (tx: Tx): ReadonlySet<Lane> => scheduled.get(tx) ?? new Set()

/**
 * Queues work as part of the transaction. Waiting work keeps its place and runs once; work in flight runs again afterwards;
 * dead work is queued again. A delayed athlete is queued at once.
 */
export async function schedule(tx: Tx, work: readonly Work[], now: Date): Promise<void> {
  if (work.length === 0) return
  const lanes = scheduled.get(tx) ?? new Set()
  scheduled.set(tx, lanes)
  for (const { lane } of work) lanes.add(lane)
  const at = sql`${now.toISOString()}::timestamptz`
  const activities = work.flatMap((each) =>
    'activityId' in each ? [[each.lane, each.athleteId, each.activityId]] : [],
  )
  // The queue first, in the lock order of ending an attempt. Both statements are sent at once.
  const [, wanted] = await Promise.all([
    tx.execute(sql`
      insert into ${fetchQueue} as q (lane, athlete_id, queued_at, reply_to, trace_parent)
      select work->>0, (work->>1)::bigint, ${at}, array_agg(work->>2) filter (where work->>2 is not null),
        (array_agg(work->>3))[1]
      from jsonb_array_elements(${JSON.stringify(queuedOf(work))}::jsonb) with ordinality as item(work, place)
      group by work->>0, work->>1 order by min(place)
      on conflict (lane, athlete_id) do update set
        request_seq = q.request_seq + 1,
        reply_to = q.reply_to || excluded.reply_to,
        (sequence, queued_at) = (select
          case when ${keepsPlace} then q.sequence else excluded.sequence end,
          case when ${keepsPlace} then q.queued_at else excluded.queued_at end),
        (attempts, failure) = (select
          case when q.dead_at is null then q.attempts else 0 end, case when q.dead_at is null then q.failure end),
        trace_parent = coalesce(q.trace_parent, excluded.trace_parent),
        delayed_until = null, dead_at = null`),
    activities.length === 0
      ? undefined
      : tx.execute<{ lane: ActivityLane; is_new: boolean }>(sql`
      insert into ${wantedActivities} as w (lane, athlete_id, activity_id, not_before)
      select work->>0, (work->>1)::bigint, (work->>2)::bigint, ${at}
      from (
        select distinct on (work) work, place
        from jsonb_array_elements(${JSON.stringify(activities)}::jsonb) with ordinality as item(work, place)
        order by work, place) as wanted
      order by place
      on conflict (lane, athlete_id, activity_id) do update set
        request_seq = w.request_seq + 1,
        (attempts, failure, not_before) = (select
          case when w.dead_at is null then w.attempts else 0 end,
          case when w.dead_at is null then w.failure end,
          case when w.dead_at is null then w.not_before else excluded.not_before end),
        dead_at = null
      returning lane, xmax = 0 as is_new`),
  ])
  for (const { lane, is_new: isNew } of wanted ?? []) if (isNew) recordArrivals(tx, lane, 1)
}

const keepsPlace = sql`q.delayed_until is null and q.dead_at is null`

/** The rows of the queue's statement: lane, athlete, reply inbox, trace parent. */
const queuedOf = (work: readonly Work[]) => {
  const current = traceHeaders()
  return work.map((each) => [
    each.lane,
    each.athleteId,
    'replyTo' in each ? each.replyTo : undefined,
    (each.trace ?? current)['traceparent'],
  ])
}
