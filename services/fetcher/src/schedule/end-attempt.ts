import { type Db, fetchQueue, type Tx, wantedActivities } from '@ikigai/db'
import { type SQL, sql } from 'drizzle-orm'
import type { Attempt } from './attempt.ts'

/** What becomes of the work of an attempt, and of the athlete's entry in the queue. */
export type Ending =
  /** Done, unless it was requested again during the attempt. */
  | { readonly kind: 'done' }
  /** Queued again at the same requeue. */
  | { readonly kind: 'release' }
  /** Delayed. `attempts`: failures so far, including this one if it counts. */
  | {
      readonly kind: 'delay'
      readonly until: Date
      readonly attempts: number
      readonly failure: string | null
    }
  /** Given up: it stays in its table, marked as dead, until it is requested again or replayed. */
  | { readonly kind: 'dead'; readonly failure: string }

/** Result of ending an attempt. */
export interface Ended {
  /** Whether the lease was still held; if not, nothing was changed. */
  readonly isOwn: boolean
  /** Whether the athlete moved to the lane's tail with more to fetch now. */
  readonly hasMore: boolean
}

const UNLEASED = sql`leased_by = null, leased_until = null`

/** Ends an attempt: updates its work, and moves the athlete to the lane's tail while there is more. */
export async function endAttempt(db: Db | Tx, attempt: Attempt, ending: Ending, now: Date): Promise<Ended> {
  const own = sql`
    own as (
      select lane, athlete_id, request_seq <> ${attempt.requestSeq} as is_requested_again from ${fetchQueue}
      where leased_by = ${attempt.leaseName} for update)`
  const [row] = await db.execute<{ is_own: boolean; has_more: boolean | null }>(
    statementOf(attempt, ending, own, now),
  )
  return { isOwn: row?.is_own === true, hasMore: row?.has_more === true }
}

function statementOf(attempt: Attempt, ending: Ending, own: SQL, now: Date): SQL {
  if (ending.kind === 'release') return release(attempt, own)
  if (attempt.lane !== 'newest' && attempt.lane !== 'webhook')
    return endAthleteWork(attempt, ending, own, now)
  return attempt.wanted === undefined
    ? endWithoutActivity(attempt, own, now)
    : endActivity({ ...attempt, wanted: attempt.wanted }, ending, own, now)
}

/** Clears the reply inboxes that this attempt has notified. Inboxes added during it are left to the next attempt. */
const clearReplyTo = ({ requestSeq }: Attempt) =>
  sql`reply_to = case when q.request_seq = ${requestSeq} then null else q.reply_to end`

const release = (attempt: Attempt, own: SQL): SQL => sql`
  with ${own},
  back as (
    update ${fetchQueue} q set ${UNLEASED}, ${clearReplyTo(attempt)} from own
    where q.lane = own.lane and q.athlete_id = own.athlete_id)
  select true as is_own, false as has_more from own`

/**
 * Moves the athlete to the lane's tail, or deletes the entry if there is nothing more to do. `next`: when there is more to do;
 * null: never. A request during the attempt counts as now, because this statement does not see the row that it added.
 * @returns the common table expressions and the final query of {@link endAttempt}
 */
function requeue(attempt: Attempt, { next, set }: { next: SQL; set: SQL }, now: Date): SQL {
  const at = sql`${now.toISOString()}::timestamptz`
  return sql`
    gone as (
      delete from ${fetchQueue} q using own, upcoming
      where q.lane = own.lane and q.athlete_id = own.athlete_id and not own.is_requested_again and ${next} is null),
    back as (
      update ${fetchQueue} q set ${UNLEASED}, ${clearReplyTo(attempt)}, sequence = default, queued_at = ${at},
        delayed_until = case when own.is_requested_again or ${next} <= ${at} then null else ${next} end ${set}
      from own, upcoming
      where q.lane = own.lane and q.athlete_id = own.athlete_id and (own.is_requested_again or ${next} is not null)
      returning q.delayed_until is null and q.dead_at is null as has_more)
    select true as is_own, (select has_more from back) as has_more from own`
}

type Final = Exclude<Ending, { kind: 'release' }>

function endAthleteWork(attempt: Attempt, ending: Final, own: SQL, now: Date): SQL {
  const upcoming = { next: sql`upcoming.next`, set: sql`, attempts = 0, failure = null` }
  if (ending.kind === 'done')
    return sql`with ${own}, upcoming as (select null::timestamptz as next), ${requeue(attempt, upcoming, now)}`
  if (ending.kind === 'dead') {
    return sql`
      with ${own},
      back as (
        update ${fetchQueue} q set ${UNLEASED}, ${clearReplyTo(attempt)}, attempts = ${attempt.failures + 1},
          failure = ${ending.failure}, dead_at = ${now.toISOString()}::timestamptz
        from own where q.lane = own.lane and q.athlete_id = own.athlete_id)
      select true as is_own, false as has_more from own`
  }
  const { until, attempts, failure } = ending
  return sql`
    with ${own},
    back as (
      update ${fetchQueue} q set ${UNLEASED}, ${clearReplyTo(attempt)}, attempts = ${attempts}, failure = ${failure},
        delayed_until = ${until.toISOString()}::timestamptz
      from own where q.lane = own.lane and q.athlete_id = own.athlete_id)
    select true as is_own, false as has_more from own`
}

/** Ends an attempt that found no activity to fetch yet. */
const endWithoutActivity = (attempt: Attempt, own: SQL, now: Date): SQL => sql`
  with ${own},
  upcoming as (
    select min(w.not_before) as next from ${wantedActivities} w, own
    where w.lane = own.lane and w.athlete_id = own.athlete_id and w.dead_at is null),
  ${requeue(attempt, { next: sql`upcoming.next`, set: sql`` }, now)}`

function endActivity(
  attempt: Attempt & { readonly wanted: NonNullable<Attempt['wanted']> },
  ending: Final,
  own: SQL,
  now: Date,
): SQL {
  const { activityId, requestSeq } = attempt.wanted
  const isItem = sql`w.lane = own.lane and w.athlete_id = own.athlete_id and w.activity_id = ${activityId}::bigint`
  const item =
    ending.kind === 'done'
      ? sql`
    item as (
      delete from ${wantedActivities} w using own where ${isItem} and w.request_seq = ${requestSeq}),
    again as (
      update ${wantedActivities} w set attempts = 0, failure = null from own
      where ${isItem} and w.request_seq <> ${requestSeq})`
      : ending.kind === 'dead'
        ? sql`
    item as (
      update ${wantedActivities} w set attempts = ${attempt.failures + 1}, failure = ${ending.failure},
        dead_at = ${now.toISOString()}::timestamptz
      from own where ${isItem})`
        : sql`
    item as (
      update ${wantedActivities} w set attempts = ${ending.attempts}, failure = ${ending.failure},
        not_before = ${ending.until.toISOString()}::timestamptz
      from own where ${isItem})`
  const itemDue =
    ending.kind === 'delay' ? sql`${ending.until.toISOString()}::timestamptz` : sql`null::timestamptz`
  return sql`
    with ${own}, ${item},
    upcoming as (
      select least(${itemDue}, (
        select min(w.not_before) from ${wantedActivities} w, own
        where w.lane = own.lane and w.athlete_id = own.athlete_id and w.dead_at is null
          and (w.activity_id <> ${activityId}::bigint
            or (${ending.kind === 'done'}::boolean and w.request_seq <> ${requestSeq})))) as next),
    ${requeue(attempt, { next: sql`upcoming.next`, set: sql`` }, now)}`
}

/** Renews leases. Does not wait for locked rows: mostly their attempts are being ended. The next renewal covers the others. */
export async function renewLeases(db: Db, names: readonly string[], leaseMs: number): Promise<void> {
  if (names.length === 0) return
  await db.execute(sql`
    with held as (
      select lane, athlete_id from ${fetchQueue} where leased_by in (${sql.join(
        names.map((name) => sql`${name}`),
        sql`, `,
      )}) for update skip locked)
    update ${fetchQueue} q set leased_until = now() + ${leaseMs} * interval '1 millisecond'
    from held where q.lane = held.lane and q.athlete_id = held.athlete_id`)
}
