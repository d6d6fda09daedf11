import type { Lane, StravaId } from '@ikigai/contracts'
import {
  athletePresence,
  athletes,
  type Db,
  fetchQueue,
  idIn,
  imports,
  isClaimable,
  type Tx,
  wantedActivities,
} from '@ikigai/db'
import type { Denial } from '@ikigai/quota'
import { and, eq, isNull, ne, or, type SQL, sql } from 'drizzle-orm'
import { eventCheckFor, type Spending, spendingOf } from '../events/event-calls.ts'
import type { Attempt } from './attempt.ts'

/** Options of a claim. */
export interface ClaimOptions {
  /** Prefix of the leases' names; the athlete's id follows. */
  readonly leaseName: string
  readonly leaseMs: number
  readonly now: Date
  /** Whether this claim serves an athlete who is watching before others. */
  readonly favoursWatchers: boolean
  readonly atMost: number
  /** A statement that runs as a part of the claim and returns a `version`, if anything is claimed. */
  readonly reservation?: SQL
}

/** Result of a claim. */
export interface Claimed {
  readonly works: readonly Omit<Attempt, 'permit' | 'isWaitedFor'>[]
  /** The version that the reservation returned. */
  readonly version: string | null
  /** Whether there is another claimable athlete. */
  readonly hasMore: boolean
  /** Whether a watching athlete was served before others. */
  readonly wasFavoured: boolean
}

/**
 * Of so many at the head of the lane those are claimed that no other replica is claiming at that moment. PostgreSQL expects a
 * tenth of a table where the limit is a subquery, and would read and sort the whole queue: it needs a number, and an order that
 * the index has.
 */
const MAX_CANDIDATES = 100

const NOTHING: Claimed = { works: [], version: null, hasMore: false, wasFavoured: false }

/**
 * Claims the next athletes of a lane, in the order of the quota package's `FairQueue`, and selects the work of each. One
 * statement; concurrent claims get different athletes. While an athlete is watching it claims at most two, because
 * the next claim decides again whether a watcher comes first.
 */
export async function claimNext(db: Db | Tx, lane: Lane, options: ClaimOptions): Promise<Claimed> {
  const {
    leaseName,
    leaseMs,
    now,
    favoursWatchers,
    atMost,
    reservation = sql`select null::text as version`,
  } = options
  const at = sql`${now.toISOString()}::timestamptz`
  const ofWatchers = sql`${athletePresence} p join ${fetchQueue} q on q.lane = ${lane} and q.athlete_id = p.athlete_id
    where p.until > ${at} and ${isClaimable}`
  // `join lateral … limit 1`: PostgreSQL does not know how few are claimed, and a plain join would read all athletes.
  const rows = await db.execute<Row>(sql`
    with watching as (
      select q.athlete_id, q.sequence from ${ofWatchers} and ${favoursWatchers}::boolean
      order by q.sequence limit 1 for update of q skip locked),
    favoured as (
      select from watching where (
        select other.sequence from ${fetchQueue} other where other.lane = ${lane} and ${isClaimable}
        order by other.sequence limit 1) < watching.sequence),
    head as (
      select athlete_id from ${fetchQueue}
      where lane = ${lane} and ${isClaimable} and athlete_id = any (array(
        select athlete_id from ${fetchQueue}
        where lane = ${lane} and ${isClaimable} and athlete_id not in (select athlete_id from watching)
        order by sequence limit ${sql.raw(String(MAX_CANDIDATES))}))
      order by sequence
      limit (select case
        when exists (select from favoured) then least(1, ${atMost}::int - 1)
        when exists (select from watching) then 0
        when not ${favoursWatchers}::boolean and exists (select from ${ofWatchers}) then 1
        else ${atMost}::int end)
      for update skip locked),
    claimed as (
      update ${fetchQueue} q set leased_by = ${leaseName} || ':' || q.athlete_id,
        leased_until = now() + ${leaseMs} * interval '1 millisecond'
      where q.lane = ${lane}
        and q.athlete_id = any (array(select athlete_id from watching union all select athlete_id from head))
      returning q.athlete_id, q.sequence, q.leased_by, q.request_seq, q.attempts, to_jsonb(q.reply_to) as reply_to,
        q.trace_parent),
    reserved as (${reservation})
    select c.athlete_id, c.leased_by, c.request_seq, coalesce(w.attempts, c.attempts) as attempts, c.reply_to,
      c.trace_parent, to_jsonb(a.scopes) as scopes, w.activity_id, w.request_seq as wanted_seq, s.*, r.version,
      (select true from ${fetchQueue} other
        where other.lane = ${lane} and ${isClaimable}
          and other.athlete_id not in (select athlete_id from claimed)
        order by other.sequence limit 1) is true as has_more,
      exists (select from favoured) and not exists (select from head) as was_favoured
    from claimed c join lateral (select scopes from ${athletes} where id = c.athlete_id limit 1) a on true
      left join lateral (
        select activity_id, request_seq, attempts from ${wantedActivities}
        where lane = ${lane} and athlete_id = c.athlete_id and dead_at is null and not_before <= ${at}
        order by not_before, sequence limit 1) w on true
      left join lateral (${lane === 'webhook' ? spendingOf(sql`c.athlete_id`, now) : sql`select null::int as event_calls`}) s on true
      left join reserved r on true
    order by c.sequence`)
  const [first] = rows
  if (first === undefined) return NOTHING
  return {
    works: rows.map((row) => attemptOf(lane, row, now)),
    version: first.version,
    hasMore: first.has_more,
    wasFavoured: first.was_favoured,
  }
}

function attemptOf(lane: Lane, row: Row, now: Date): Claimed['works'][number] {
  const { athlete_id: athleteId, activity_id: activityId, wanted_seq: wantedSeq } = row
  return {
    lane,
    athleteId,
    scopes: textsOf(row.scopes),
    leaseName: row.leased_by,
    requestSeq: row.request_seq,
    wanted: activityId === null || wantedSeq === null ? undefined : { activityId, requestSeq: wantedSeq },
    failures: row.attempts,
    eventCheck: lane === 'webhook' ? eventCheckFor(row, now) : undefined,
    replyTo: textsOf(row.reply_to),
    trace: row.trace_parent === null ? {} : { traceparent: row.trace_parent },
  }
}

type Row = Spending & {
  athlete_id: StravaId
  leased_by: string
  request_seq: number
  attempts: number
  reply_to: string | null
  trace_parent: string | null
  scopes: string
  activity_id: StravaId | null
  wanted_seq: number | null
  version: string | null
  has_more: boolean
  was_favoured: boolean
}

/** Whether an athlete who is watching has claimable work in a lane. `now`: epoch ms. */
export async function isWatched(db: Db, lane: Lane, now: number): Promise<boolean> {
  const [row] = await db.execute(sql`
    select 1 from ${athletePresence} p join ${fetchQueue} q on q.lane = ${lane} and q.athlete_id = p.athlete_id
    where p.until > ${new Date(now).toISOString()}::timestamptz and ${isClaimable} limit 1`)
  return row !== undefined
}

/** Parses a `text[]` that PostgreSQL returned as JSON. */
function textsOf(json: string | null): string[] {
  const texts: unknown = json === null ? null : JSON.parse(json)
  return Array.isArray(texts) ? texts.map(String) : []
}

/**
 * Stores on the imports of waiting sign-ups why and until when they wait.
 * @returns inboxes to notify, each once
 */
export async function recordSignUpWaits(db: Db, { reason, retryAt }: Denial): Promise<string[]> {
  const isFree = sql`lane = 'signup' and (leased_until is null or leased_until <= now()) and dead_at is null`
  const rows = await db.execute<{ athlete_id: StravaId; reply_to: string | null }>(sql`
    with waiting as (
      select athlete_id, reply_to from ${fetchQueue} where ${isFree} for update skip locked),
    cleared as (
      update ${fetchQueue} q set reply_to = null from waiting w
      where q.lane = 'signup' and q.athlete_id = w.athlete_id and q.reply_to is not null)
    select athlete_id, to_jsonb(reply_to) as reply_to from waiting`)
  if (rows.length === 0) return []
  const waitUntil = new Date(retryAt)
  const ids = rows.map(({ athlete_id: id }) => id)
  const isOther = or(
    isNull(imports.waitReason),
    isNull(imports.waitUntil),
    ne(imports.waitReason, reason),
    ne(imports.waitUntil, waitUntil),
  )
  await db
    .update(imports)
    .set({ waitReason: reason, waitUntil })
    .where(and(idIn(imports.athleteId, ids), eq(imports.pages, 0), isOther))
  return rows.flatMap((row) => textsOf(row.reply_to))
}
