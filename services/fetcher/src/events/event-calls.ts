import type { StravaId } from '@ikigai/contracts'
import { budgets, type Db, processedEvents, quotaLedger, type Tx } from '@ikigai/db'
import { chargeBudget, isSpent, readBudget, readLedger } from '@ikigai/quota'
import { type SQL, sql } from 'drizzle-orm'
import { allCallsRule, areCallsSpent, type EventCheck, mayCallFor } from './event-budget.ts'
import { epochMs, isUnconfirmedInWindow, type SettledEvents, settleEvents } from './processed-events.ts'

/** Key of the budget over all athletes in the table `budgets`. */
const BUDGET_KEY = 'event-calls'
/** Strava's limit of reads for 15 minutes for a new application, assumed before the first call. */
const DEFAULT_READS = 100

/** Settles the events about an activity after a call for it, and charges the call to the budgets if it confirmed none. */
export async function settleCall(
  tx: Tx,
  athleteId: StravaId,
  activityId: StravaId,
  { sentAt, now }: { readonly sentAt: number; readonly now: Date },
): Promise<void> {
  const settled = await settleEvents(tx, athleteId, [activityId], sentAt)
  await countIfFruitless(tx, athleteId, activityId, settled, now)
}

/** Charges a call for an activity to the budgets if it refuted events about it, and confirmed none. */
export async function countIfFruitless(
  tx: Tx,
  athleteId: StravaId,
  activityId: StravaId,
  { confirmed, refuted }: SettledEvents,
  now: Date,
): Promise<void> {
  if (confirmed === 0 && refuted > 0) await countFruitlessCall(tx, athleteId, activityId, now)
}

/** Charges a call for an activity that confirmed no event about it to its athlete's budget and to that over all athletes. */
export async function countFruitlessCall(
  tx: Tx,
  athleteId: StravaId,
  activityId: StravaId,
  now: Date,
): Promise<void> {
  const counted = await tx.execute(sql`
    update ${processedEvents} set calls = calls + 1 where key = (
      select p.key from ${processedEvents} p
      where ${isUnconfirmedInWindow(sql`${athleteId}::bigint`, now)} and p.activity_id = ${activityId}::bigint limit 1)
    returning key`)
  if (counted.length > 0) await chargeAllCalls(tx, now)
}

/** Charges a call that confirmed no event to the budget over all athletes. */
export const chargeAllCalls = (tx: Tx, now: Date): Promise<void> =>
  chargeBudget(tx, BUDGET_KEY, allCallsRule(0), now.getTime())

/** Whether the budget over all athletes is spent. */
export async function areAllCallsSpent(db: Db, now: Date): Promise<boolean> {
  const reads = async () => (await readLedger(db))?.read.limit.quarterHour ?? DEFAULT_READS
  return areCallsSpent(await readBudget(db, BUDGET_KEY), now.getTime(), reads)
}

/** The calls that confirmed no event, as far as they count against the budgets, in columns of PostgreSQL. */
export type Spending = {
  /** Calls for the athlete in the window. */
  readonly event_calls: number
  /** Calls for all athletes; null: none yet. */
  readonly all_spent: number | null
  /** End of the window of `all_spent`: epoch ms. */
  readonly all_ends_at: number | null
  /** Strava's limit of reads for 15 minutes; null before the first call. */
  readonly reads: number | null
}

/** Selects a {@link Spending}, as part of the statement that claims an attempt. */
export const spendingOf = (athleteId: SQL, now: Date): SQL => sql`
  select (select coalesce(sum(p.calls), 0)::int from ${processedEvents} p where ${isUnconfirmedInWindow(athleteId, now)}) as event_calls,
    (select spent from ${budgets} where key = ${BUDGET_KEY}) as all_spent,
    (select ${epochMs(sql`ends_at`)} from ${budgets} where key = ${BUDGET_KEY}) as all_ends_at,
    (select (state #>> '{read,limit,quarterHour}')::int from ${quotaLedger} limit 1) as reads`

/** How an athlete's events are to be verified now, given what is spent. */
export function eventCheckFor(spending: Spending, now: Date): EventCheck {
  const { event_calls: calls, all_spent: spent, all_ends_at: endsAt, reads } = spending
  const all = spent === null || endsAt === null ? undefined : { spent, endsAt }
  const areSpent = isSpent(all, allCallsRule(reads ?? DEFAULT_READS), now.getTime())
  return !areSpent && mayCallFor(calls) ? 'call' : 'list'
}
