import { type BudgetRule, type BudgetState, currentBudget, isSpent } from '@ikigai/quota'

/** How an event is verified: by a call for its activity, or by one list call for many events. */
export type EventCheck = 'call' | 'list'

/** Window of the budgets of events: that of Strava's own limit. */
export const EVENT_WINDOW_MS = 900_000

/** Unconfirmed events of one athlete in a window that are checked by a call each. A forger has to guess a stored id. */
const MAX_EVENTS = { unknown: 10, stored: 30 }
/** Calls for one athlete in a window that confirmed nothing, retries of activities not found included. */
const MAX_ATHLETE_CALLS = 10
/** The same over all athletes: a share of the reads that Strava allows in a window, and never fewer than this. */
const ALL_CALLS = { share: 0.2, least: 20 }

/** Activities of one athlete that events may hide before Strava has confirmed it. */
const MAX_UNCONFIRMED_HIDES = 5

/** Events kept for one athlete in a window while they are unconfirmed. */
export const MAX_RECORDED_EVENTS = 100

/** Between two list calls for one athlete; doubled after each that confirmed nothing. */
const CATCH_UP_INTERVAL_MS = 60_000
const MAX_CATCH_UP_INTERVAL_MS = 3_600_000
/** List calls in a row that confirm nothing, after which only a new event or a resync continues. */
const MAX_FRUITLESS = 3

/**
 * @param unconfirmed events of the athlete in the last window that Strava has not confirmed, this one among them
 * @param isStored whether the activity is stored
 */
export function checkOf(unconfirmed: number, isStored: boolean): EventCheck {
  return unconfirmed <= (isStored ? MAX_EVENTS.stored : MAX_EVENTS.unknown) ? 'call' : 'list'
}

/** @param hidden activities of the athlete that events have hidden and Strava has not confirmed */
export const mayHide = (hidden: number): boolean => hidden < MAX_UNCONFIRMED_HIDES

/** @param calls for the athlete in the last window that confirmed nothing */
export const mayCallFor = (calls: number): boolean => calls < MAX_ATHLETE_CALLS

/** The budget of calls, over all athletes, that confirm no event. @param reads Strava's limit for a quarter of an hour */
export const allCallsRule = (reads: number): BudgetRule => ({
  limit: Math.max(ALL_CALLS.least, Math.floor(ALL_CALLS.share * reads)),
  windowMs: EVENT_WINDOW_MS,
})

/** Whether the budget over all athletes is spent; `reads` is asked for only when that can make a difference. */
export async function areCallsSpent(
  state: BudgetState | undefined,
  now: number,
  reads: () => Promise<number>,
): Promise<boolean> {
  const least = allCallsRule(0)
  if (currentBudget(state, least, now).spent < least.limit) return false
  return isSpent(state, allCallsRule(await reads()), now)
}

/** When an athlete's newest activities were last listed after many events, and the outcome. */
export interface CatchUpState {
  /** Epoch ms. */
  readonly listedAt: number
  /** Lists in a row that confirmed no event. */
  readonly fruitless: number
}

/** When they may be listed again: epoch ms. A time that lies ahead counts as now. */
export function catchUpDueAt(state: CatchUpState | undefined, now: number): number {
  if (state === undefined) return now
  const interval = Math.min(MAX_CATCH_UP_INTERVAL_MS, CATCH_UP_INTERVAL_MS * 2 ** state.fruitless)
  return Math.min(state.listedAt, now) + interval
}

/** Whether another list may still confirm the open events: Strava lists some new activities late. */
export const isWorthAnother = ({ fruitless }: CatchUpState): boolean => fruitless < MAX_FRUITLESS
