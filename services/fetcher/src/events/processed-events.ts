import type { StravaId } from '@ikigai/contracts'
import { activities, type Db, processedEvents, type Tx } from '@ikigai/db'
import { eventKey, type StravaWebhookEvent } from '@ikigai/strava'
import { and, eq, type SQL, sql } from 'drizzle-orm'
import { EVENT_WINDOW_MS, MAX_RECORDED_EVENTS } from './event-budget.ts'

/** The stored activity that an event names. */
export type StoredState = Pick<
  typeof activities.$inferSelect,
  'name' | 'sportType' | 'private' | 'eventTime' | 'hiddenAt' | 'confirmedAt'
>

/** Assumed maximum difference between Strava's clock and ours, when repetitions are recognized: ms. */
const REPETITION_MARGIN_MS = 2_000

/** Joins the activity `a` that an `event` of {@link namesOf} names. OFFSET 0: always by the index, see docs/decisions/0025. */
const namedActivity = sql`left join lateral (
        select * from ${activities} where id = (event->>2)::bigint and athlete_id = (event->>1)::bigint offset 0) as a on true`

/** Digest of the columns of `activities` that Strava sends events about; null if there is no such activity. */
const digest = sql`case when a.id is not null then md5(row(a.name, a.sport_type, a.private)::text) end`

/** The state before an event is applied. */
export interface Known {
  /** The activity that the event names. */
  readonly stored: StoredState | undefined
  /** When the same event was processed before, if it was. */
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
        select from ${processedEvents} p where ${isUnconfirmedInWindow(sql`(event->>1)::bigint`, now)}
        limit ${MAX_RECORDED_EVENTS}) as unconfirmed) as unconfirmed
    from jsonb_array_elements(${namesOf(events)}::jsonb) with ordinality as item(event, place)
      left join lateral (select * from ${processedEvents} where key = event->>0 offset 0) as known on true
      ${namedActivity}
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

/** The time of a column as epoch ms. */
export const epochMs = (column: SQL) => sql`(extract(epoch from ${column}) * 1000)::float8`
const dateOf = (ms: number | null) => (ms === null ? undefined : new Date(ms))

const namesOf = (events: readonly StravaWebhookEvent[]) =>
  JSON.stringify(events.map((event) => [eventKey(event), event.ownerId, event.objectId]))

/** Whether an event repeats one that was processed before, and is to be ignored. */
export const isRepetition = (event: StravaWebhookEvent, { processedAt }: Known, now: Date): boolean =>
  processedAt !== undefined && !mayHaveRecurred(event, processedAt, now)

/**
 * Records events as open, each with a digest of its activity before the event is applied. A later answer of Strava's confirms
 * the event if the digest has changed by then, and refutes it otherwise.
 */
export async function recordEvents(tx: Tx, events: readonly StravaWebhookEvent[], now: Date): Promise<void> {
  if (events.length === 0) return
  await tx.execute(sql`
    insert into ${processedEvents} (key, athlete_id, activity_id, processed_at, before, outcome)
    select event->>0, (event->>1)::bigint, (event->>2)::bigint, ${now.toISOString()}::timestamptz, ${digest}, 'open'
    from jsonb_array_elements(${namesOf(events)}::jsonb) as item(event)
      ${namedActivity}
    on conflict (key) do update set processed_at = excluded.processed_at, before = excluded.before, outcome = 'open'`)
}

/**
 * Whether an event equal to a processed one may report another change: event times are whole seconds and events have no ids, so
 * two changes within a second look the same. If the first event was processed after that second, its call covered both.
 */
function mayHaveRecurred({ eventTime }: StravaWebhookEvent, processedAt: Date, now: Date): boolean {
  const isBelievable = eventTime * 1_000 <= now.getTime() + REPETITION_MARGIN_MS
  return isBelievable && processedAt.getTime() < (eventTime + 1) * 1_000 + REPETITION_MARGIN_MS
}

/** The condition that a row `p` of `processed_events` is an athlete's, unconfirmed, and within the window. */
export const isUnconfirmedInWindow = (athleteId: SQL, now: Date): SQL => {
  const since = new Date(now.getTime() - EVENT_WINDOW_MS).toISOString()
  return sql`p.athlete_id = ${athleteId} and p.processed_at > ${since}::timestamptz and p.outcome <> 'confirmed'`
}

const openOf = (athleteId: StravaId) =>
  and(eq(processedEvents.athleteId, athleteId), eq(processedEvents.outcome, 'open'))

/** Whether an athlete has events that are neither confirmed nor refuted. */
export async function hasOpenEvents(db: Db | Tx, athleteId: StravaId): Promise<boolean> {
  const rows = await db
    .select({ key: processedEvents.key })
    .from(processedEvents)
    .where(openOf(athleteId))
    .limit(1)
  return rows.length > 0
}

/** Closes an athlete's open events as refuted: the resync that was brought forward finds what they may have reported. */
export async function refuteOpenEvents(tx: Tx, athleteId: StravaId): Promise<void> {
  await tx.update(processedEvents).set({ outcome: 'refuted' }).where(openOf(athleteId))
}

/** Numbers of events that an answer settled. */
export interface SettledEvents {
  readonly confirmed: number
  readonly refuted: number
}

/**
 * Confirms or refutes the open events about these activities. Call it after the answer about them is stored. An event that
 * arrived during the call stays open, because the answer may be older.
 * @param sentAt when the answer was current: epoch ms
 */
export async function settleEvents(
  tx: Tx,
  athleteId: StravaId,
  activityIds: readonly StravaId[],
  sentAt: number,
): Promise<SettledEvents> {
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
