import type { StravaId } from '@ikigai/contracts'
import { activities, budgets, type Db, processedEvents, quotaLedger, type Tx } from '@ikigai/db'
import { chargeBudget, isSpent, readBudget, readLedger } from '@ikigai/quota'
import { eventKey, type StravaWebhookEvent } from '@ikigai/strava'
import { and, eq, type SQL, sql } from 'drizzle-orm'
import {
  allCallsRule,
  areCallsSpent,
  EVENT_WINDOW_MS,
  type EventCheck,
  MAX_RECORDED_EVENTS,
  mayCallFor,
} from './event-budget.ts'

/** The stored activity that an event names. */
export type StoredState = Pick<
  typeof activities.$inferSelect,
  'name' | 'sportType' | 'private' | 'eventTime' | 'hiddenAt' | 'confirmedAt'
>

/** Strava's clock and ours may differ by this much. */
const REPETITION_MARGIN_MS = 2_000
/** Calls that confirmed no event, over all athletes. */
const ALL_CALLS = 'event-calls'
const DEFAULT_READS = 100

/** Digest of the columns of `activities` that Strava sends events about; null if there is no such activity. */
const digest = sql`case when a.id is not null then md5(row(a.name, a.sport_type, a.private)::text) end`

/** The state before an event takes effect. */
export interface Known {
  readonly stored: StoredState | undefined
  /** When the same event was processed before. */
  readonly processedAt: Date | undefined
  /** Events of the athlete in the window that Strava has not confirmed: {@link MAX_RECORDED_EVENTS} at most. */
  readonly unconfirmed: number
}

/** Reads the state before each event: one statement for all. */
export async function readKnown(
  tx: Tx,
  events: readonly StravaWebhookEvent[],
  now: Date,
): Promise<readonly Known[]> {
  const rows = await tx.execute<KnownRow>(sql`
    select a.id is not null as is_stored, a.name, a.sport_type, a.private, a.event_time::float8 as event_time, ${epochMs(sql`a.hidden_at`)} as hidden_at,
      ${epochMs(sql`a.confirmed_at`)} as confirmed_at, ${epochMs(sql`known.processed_at`)} as processed_at,
      (select count(*)::int from (
        select from ${processedEvents} p where ${isOfWindow(sql`(event->>1)::bigint`, now)}
        limit ${MAX_RECORDED_EVENTS}) as unconfirmed) as unconfirmed
    from jsonb_array_elements(${namesOf(events)}::jsonb) with ordinality as item(event, place)
      left join ${processedEvents} known on known.key = event->>0
      left join ${activities} a on a.id = (event->>2)::bigint and a.athlete_id = (event->>1)::bigint
    order by place`)
  return rows.map((row) => ({
    stored: row.is_stored
      ? {
          name: row.name ?? '',
          sportType: row.sport_type ?? '',
          private: row.private === true,
          eventTime: row.event_time ?? 0,
          hiddenAt: dateOf(row.hidden_at) ?? null,
          confirmedAt: dateOf(row.confirmed_at) ?? new Date(0),
        }
      : undefined,
    processedAt: dateOf(row.processed_at),
    unconfirmed: row.unconfirmed,
  }))
}

type KnownRow = {
  is_stored: boolean
  name: string | null
  sport_type: string | null
  private: boolean | null
  event_time: number | null
  hidden_at: number | null
  confirmed_at: number | null
  processed_at: number | null
  unconfirmed: number
}

const epochMs = (column: SQL) => sql`(extract(epoch from ${column}) * 1000)::float8`
const dateOf = (ms: number | null) => (ms === null ? undefined : new Date(ms))

const namesOf = (events: readonly StravaWebhookEvent[]) =>
  JSON.stringify(events.map((event) => [eventKey(event), event.ownerId, event.objectId]))

/** Whether an event is a repetition, which has no effect. */
export const isRepetition = (event: StravaWebhookEvent, { processedAt }: Known, now: Date): boolean =>
  processedAt !== undefined && !mayHaveRecurred(event, processedAt, now)

/**
 * Records events with a digest of the activity before they take effect, so that a later answer of Strava's confirms or
 * refutes them.
 */
export async function recordClaims(tx: Tx, events: readonly StravaWebhookEvent[], now: Date): Promise<void> {
  if (events.length === 0) return
  await tx.execute(sql`
    insert into ${processedEvents} (key, athlete_id, activity_id, processed_at, before, outcome)
    select event->>0, (event->>1)::bigint, (event->>2)::bigint, ${now.toISOString()}::timestamptz, ${digest}, 'open'
    from jsonb_array_elements(${namesOf(events)}::jsonb) as item(event)
      left join ${activities} a on a.id = (event->>2)::bigint and a.athlete_id = (event->>1)::bigint
    on conflict (key) do update set processed_at = excluded.processed_at, before = excluded.before, outcome = 'open'`)
}

/**
 * Strava's event times are whole seconds and events have no ids, so two changes within a second look the same. Such an event
 * counts again, unless the first one was processed after that second: then the call covered both.
 */
function mayHaveRecurred({ eventTime }: StravaWebhookEvent, processedAt: Date, now: Date): boolean {
  const isBelievable = eventTime * 1_000 <= now.getTime() + REPETITION_MARGIN_MS
  return isBelievable && processedAt.getTime() < (eventTime + 1) * 1_000 + REPETITION_MARGIN_MS
}

/** The condition on rows `p` of `processed_events`: unconfirmed, and within the window. */
const isOfWindow = (athleteId: SQL, now: Date): SQL => {
  const since = new Date(now.getTime() - EVENT_WINDOW_MS).toISOString()
  return sql`p.athlete_id = ${athleteId} and p.processed_at > ${since}::timestamptz and p.outcome <> 'confirmed'`
}

const openOf = (athleteId: StravaId) =>
  and(eq(processedEvents.athleteId, athleteId), eq(processedEvents.outcome, 'open'))

/** Whether events of an athlete are still to be confirmed or refuted. */
export async function hasOpenClaims(db: Db | Tx, athleteId: StravaId): Promise<boolean> {
  const rows = await db
    .select({ key: processedEvents.key })
    .from(processedEvents)
    .where(openOf(athleteId))
    .limit(1)
  return rows.length > 0
}

/** Closes events that no list has settled: the resync that was brought forward decides. */
export async function closeClaims(tx: Tx, athleteId: StravaId): Promise<void> {
  await tx.update(processedEvents).set({ outcome: 'refuted' }).where(openOf(athleteId))
}

/** Number of events that an answer settled. */
export interface Settled {
  readonly confirmed: number
  readonly refuted: number
}

/**
 * Confirms or refutes the open events about these activities, once an answer about them is stored. An event that arrived
 * during the call stays open, because the answer may be older.
 * @param sentAt when the answer was current: epoch ms
 */
export async function settleClaims(
  tx: Tx,
  athleteId: StravaId,
  activityIds: readonly StravaId[],
  sentAt: number,
): Promise<Settled> {
  const [row] = await tx.execute<{ confirmed: number; refuted: number }>(sql`
    with answered as (
      select p.key, case when p.before is distinct from ${digest} then 'confirmed' else 'refuted' end as outcome
      from ${processedEvents} p
        left join ${activities} a on a.id = p.activity_id and a.athlete_id = p.athlete_id
      where p.athlete_id = ${athleteId}::bigint and p.outcome = 'open'
        and p.activity_id = any(${`{${activityIds.join(',')}}`}::bigint[])
        and (a.id is null or a.observed_at <= ${new Date(sentAt).toISOString()}::timestamptz)),
    settled as (
      update ${processedEvents} p set outcome = answered.outcome from answered where p.key = answered.key)
    select count(*) filter (where outcome = 'confirmed')::int as confirmed,
      count(*) filter (where outcome = 'refuted')::int as refuted
    from answered`)
  return row ?? { confirmed: 0, refuted: 0 }
}

/** Settles the events about an activity after a call for it, and counts the call if it confirmed none of them. */
export async function settleCall(
  tx: Tx,
  athleteId: StravaId,
  activityId: StravaId,
  { sentAt, now }: { readonly sentAt: number; readonly now: Date },
): Promise<void> {
  const settled = await settleClaims(tx, athleteId, [activityId], sentAt)
  await countIfFruitless(tx, athleteId, activityId, settled, now)
}

/** Counts a call for an activity if it has refuted events about it, and confirmed none. */
export async function countIfFruitless(
  tx: Tx,
  athleteId: StravaId,
  activityId: StravaId,
  { confirmed, refuted }: Settled,
  now: Date,
): Promise<void> {
  if (confirmed === 0 && refuted > 0) await countFruitlessCall(tx, athleteId, activityId, now)
}

/** Counts a call for an activity that confirmed no event about it, against its athlete's budget and that over all. */
export async function countFruitlessCall(
  tx: Tx,
  athleteId: StravaId,
  activityId: StravaId,
  now: Date,
): Promise<void> {
  const counted = await tx.execute(sql`
    update ${processedEvents} set calls = calls + 1 where key = (
      select p.key from ${processedEvents} p
      where ${isOfWindow(sql`${athleteId}::bigint`, now)} and p.activity_id = ${activityId}::bigint limit 1)
    returning key`)
  if (counted.length > 0) await chargeAllCalls(tx, now)
}

/** Counts a call that confirmed no event against the budget over all athletes. */
export const chargeAllCalls = (tx: Tx, now: Date): Promise<void> =>
  chargeBudget(tx, ALL_CALLS, allCallsRule(0), now.getTime())

/** Whether the budget over all athletes is spent. */
export async function areAllCallsSpent(db: Db, now: Date): Promise<boolean> {
  const reads = async () => (await readLedger(db))?.read.limit.quarterHour ?? DEFAULT_READS
  return areCallsSpent(await readBudget(db, ALL_CALLS), now.getTime(), reads)
}

/** Calls so far that confirmed no event. */
export type Spending = {
  /** For the athlete, in the window. */
  readonly event_calls: number
  /** Over all athletes; null: nothing. */
  readonly all_spent: number | null
  /** Epoch ms. */
  readonly all_ends_at: number | null
  /** Strava's limit for a quarter of an hour; null before the first call. */
  readonly reads: number | null
}

/** Selects a {@link Spending}, as part of the statement that claims an attempt. */
export const spendingOf = (athleteId: SQL, now: Date): SQL => sql`
  select (select coalesce(sum(p.calls), 0)::int from ${processedEvents} p where ${isOfWindow(athleteId, now)}) as event_calls,
    (select spent from ${budgets} where key = ${ALL_CALLS}) as all_spent,
    (select ${epochMs(sql`ends_at`)} from ${budgets} where key = ${ALL_CALLS}) as all_ends_at,
    (select (state #>> '{read,limit,quarterHour}')::int from ${quotaLedger} limit 1) as reads`

/** How events about an athlete are to be checked from now on, given the calls that confirmed none. */
export function checkBy(spending: Spending, now: Date): EventCheck {
  const { event_calls: calls, all_spent: spent, all_ends_at: endsAt, reads } = spending
  const all = spent === null || endsAt === null ? undefined : { spent, endsAt }
  const areSpent = isSpent(all, allCallsRule(reads ?? DEFAULT_READS), now.getTime())
  return !areSpent && mayCallFor(calls) ? 'call' : 'list'
}
