import { createHash } from 'node:crypto'
import type { StravaId } from '@ikigai/contracts'
import { activities, type Db, idIn, processedEvents, type Tx } from '@ikigai/db'
import { chargeBudget, readBudget, readLedger } from '@ikigai/quota'
import { eventKey, type StravaWebhookEvent } from '@ikigai/strava'
import { and, eq, gt, inArray, ne, sql, sum } from 'drizzle-orm'
import { expediteResync } from '../resync/schedule.ts'
import {
  allCallsRule,
  areCallsSpent,
  checkOf,
  EVENT_WINDOW_MS,
  type EventCheck,
  MAX_RECORDED_EVENTS,
  mayCallFor,
} from './event-budget.ts'

type Row = typeof activities.$inferSelect

/** What is stored of the activity that an event names. */
export type StoredState = Pick<
  Row,
  'name' | 'sportType' | 'private' | 'eventTime' | 'hiddenAt' | 'confirmedAt'
>

/** Strava's clock and ours may differ by this much. */
const CLOCK_MARGIN_MS = 2_000
/** Calls that confirmed no event, over all athletes. */
const ALL_CALLS = 'event-calls'
const DEFAULT_READS = 100

/** Digest of what Strava sends events about; null when there is no such activity. */
function digestOf(row: Pick<Row, 'name' | 'sportType' | 'private'> | undefined): string | null {
  if (row === undefined) return null
  const text = JSON.stringify([row.name, row.sportType, row.private])
  return createHash('sha256').update(text).digest('base64url')
}

/** What is stored of an activity of the event's athlete. */
export async function readStored(tx: Tx, event: StravaWebhookEvent): Promise<StoredState | undefined> {
  const { name, sportType, private: isPrivate, eventTime, hiddenAt, confirmedAt } = activities
  const [row] = await tx
    .select({ name, sportType, private: isPrivate, eventTime, hiddenAt, confirmedAt })
    .from(activities)
    .where(and(eq(activities.id, event.objectId), eq(activities.athleteId, event.ownerId)))
  return row
}

/**
 * Records an event with what is stored before it takes effect, so that a later answer of Strava's can tell whether it
 * was true.
 * @returns how it is to be checked; undefined for a repetition, which has no effect
 */
export async function recordClaim(
  tx: Tx,
  event: StravaWebhookEvent,
  stored: StoredState | undefined,
  now: Date,
): Promise<EventCheck | undefined> {
  const key = eventKey(event)
  const [known] = await tx
    .select({ processedAt: processedEvents.processedAt })
    .from(processedEvents)
    .where(eq(processedEvents.key, key))
  if (known !== undefined && !mayHaveRecurred(event, known.processedAt, now)) return undefined
  const unconfirmed = await countUnconfirmed(tx, event.ownerId, now)
  if (unconfirmed >= MAX_RECORDED_EVENTS) {
    // Only a resync is certain to show what this one names.
    await expediteResync(tx, event.ownerId, now)
    return 'list'
  }
  const claim = { processedAt: now, before: digestOf(stored), outcome: 'open' as const }
  await tx
    .insert(processedEvents)
    .values({ key, athleteId: event.ownerId, activityId: event.objectId, ...claim })
    .onConflictDoUpdate({ target: processedEvents.key, set: claim })
  return checkOf(unconfirmed + 1, stored !== undefined)
}

/**
 * Strava's time is in whole seconds and its events have no ids, so what happens twice within a second looks the same. A
 * repetition counts again, unless the first one was dealt with after that second: then Strava was asked after both.
 */
function mayHaveRecurred({ eventTime }: StravaWebhookEvent, processedAt: Date, now: Date): boolean {
  const isBelievable = eventTime * 1_000 <= now.getTime() + CLOCK_MARGIN_MS
  return isBelievable && processedAt.getTime() < (eventTime + 1) * 1_000 + CLOCK_MARGIN_MS
}

const ofWindow = (athleteId: StravaId, now: Date) =>
  and(
    eq(processedEvents.athleteId, athleteId),
    gt(processedEvents.processedAt, new Date(now.getTime() - EVENT_WINDOW_MS)),
    ne(processedEvents.outcome, 'confirmed'),
  )

async function countUnconfirmed(tx: Tx, athleteId: StravaId, now: Date): Promise<number> {
  const rows = await tx
    .select({ key: processedEvents.key })
    .from(processedEvents)
    .where(ofWindow(athleteId, now))
    .limit(MAX_RECORDED_EVENTS)
  return rows.length
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

/** Ends what lists have not settled: the resync that was brought forward shows the truth, whatever the events said. */
export async function closeClaims(tx: Tx, athleteId: StravaId): Promise<void> {
  await tx.update(processedEvents).set({ outcome: 'refuted' }).where(openOf(athleteId))
}

/** How many events an answer of Strava's has settled. */
export interface Settled {
  readonly confirmed: number
  readonly refuted: number
}

/**
 * Confirms or refutes the open events about these activities, once an answer about them is stored. An event that came
 * while Strava was asked stays open: the answer does not speak of it.
 * @param sentAt as of when the answer speaks: epoch ms
 */
export async function settleClaims(
  tx: Tx,
  athleteId: StravaId,
  activityIds: readonly StravaId[],
  sentAt: number,
): Promise<Settled> {
  const open = await tx
    .select({ key: processedEvents.key, id: processedEvents.activityId, before: processedEvents.before })
    .from(processedEvents)
    .where(
      and(
        eq(processedEvents.athleteId, athleteId),
        eq(processedEvents.outcome, 'open'),
        idIn(processedEvents.activityId, activityIds),
      ),
    )
  if (open.length === 0) return { confirmed: 0, refuted: 0 }
  const { id, name, sportType, private: isPrivate, observedAt } = activities
  const rows = await tx
    .select({ id, name, sportType, private: isPrivate, observedAt })
    .from(activities)
    .where(
      and(
        eq(activities.athleteId, athleteId),
        idIn(
          activities.id,
          open.map((each) => each.id),
        ),
      ),
    )
  const byId = new Map(rows.map((row) => [row.id, row]))
  const answered = open.filter((each) => (byId.get(each.id)?.observedAt.getTime() ?? 0) <= sentAt)
  const isTrue = (each: (typeof open)[number]) => each.before !== digestOf(byId.get(each.id))
  const confirmed = answered.filter(isTrue).map(({ key }) => key)
  const refuted = answered.filter((each) => !isTrue(each)).map(({ key }) => key)
  await setOutcome(tx, confirmed, 'confirmed')
  await setOutcome(tx, refuted, 'refuted')
  return { confirmed: confirmed.length, refuted: refuted.length }
}

async function setOutcome(tx: Tx, keys: readonly string[], outcome: 'confirmed' | 'refuted'): Promise<void> {
  if (keys.length === 0) return
  await tx
    .update(processedEvents)
    .set({ outcome })
    .where(inArray(processedEvents.key, [...keys]))
}

/** Settles the events about an activity after a call for it, and counts the call if it confirmed none of them. */
export async function settleCall(
  tx: Tx,
  athleteId: StravaId,
  activityId: StravaId,
  { sentAt, now }: { readonly sentAt: number; readonly now: Date },
): Promise<void> {
  const { confirmed, refuted } = await settleClaims(tx, athleteId, [activityId], sentAt)
  if (confirmed === 0 && refuted > 0) await countFruitlessCall(tx, athleteId, activityId, now)
}

/** Counts a call for an activity that confirmed no event about it, against its athlete's budget and that over all. */
export async function countFruitlessCall(
  tx: Tx,
  athleteId: StravaId,
  activityId: StravaId,
  now: Date,
): Promise<void> {
  const [claim] = await tx
    .select({ key: processedEvents.key })
    .from(processedEvents)
    .where(and(ofWindow(athleteId, now), eq(processedEvents.activityId, activityId)))
    .limit(1)
  if (claim === undefined) return
  await tx
    .update(processedEvents)
    .set({ calls: sql`${processedEvents.calls} + 1` })
    .where(eq(processedEvents.key, claim.key))
  await chargeAllCalls(tx, now)
}

/** Counts a call that confirmed no event against the budget over all athletes. */
export const chargeAllCalls = (tx: Tx, now: Date): Promise<void> =>
  chargeBudget(tx, ALL_CALLS, allCallsRule(0), now.getTime())

/** Whether the budget over all athletes is spent. */
export async function areAllCallsSpent(db: Db, now: Date): Promise<boolean> {
  const reads = async () => (await readLedger(db))?.read.limit.quarterHour ?? DEFAULT_READS
  return areCallsSpent(await readBudget(db, ALL_CALLS), now.getTime(), reads)
}

/** How events about an athlete are to be checked from now on, as far as calls have confirmed none of them. */
export async function checkFor(db: Db, athleteId: StravaId, now: Date): Promise<EventCheck> {
  const [[row], areSpent] = await Promise.all([
    db
      .select({ calls: sum(processedEvents.calls).mapWith(Number) })
      .from(processedEvents)
      .where(ofWindow(athleteId, now)),
    areAllCallsSpent(db, now),
  ])
  return !areSpent && mayCallFor(row?.calls ?? 0) ? 'call' : 'list'
}
