import { type BudgetRule, type BudgetState, currentBudget, isSpent } from '@ikigai/quota'

/** How an event is verified: by a call for its activity, or by one list call for many events. */
export type EventCheck = 'call' | 'list'

/** Window of the budgets below: ms. The same as that of Strava's rate limit. */
export const EVENT_WINDOW_MS = 900_000

/**
 * Unconfirmed events of one athlete in a window that are verified by a call each. More for stored activities, because forged events
 * rarely name one.
 */
const MAX_EVENTS = { unknown: 10, stored: 30 }
/** Calls for one athlete in a window that confirmed nothing, retries of activities not found included. */
const MAX_ATHLETE_CALLS = 10
/** Calls for all athletes in a window that confirmed nothing: a share of the reads that Strava allows, and at least `min`. */
const ALL_CALLS = { share: 0.2, min: 20 }

/** Activities of one athlete that events may hide before Strava has confirmed it. */
const MAX_UNCONFIRMED_HIDES = 5

/** Events kept for one athlete in a window while they are unconfirmed. */
export const MAX_RECORDED_EVENTS = 100

/** Time between two list calls for one athlete: ms. Doubled after each that confirmed nothing, up to the maximum. */
const CATCH_UP_INTERVAL_MS = 60_000
const MAX_CATCH_UP_INTERVAL_MS = 3_600_000
/** After this number of list calls in a row that confirmed nothing, only a new event or a resync lists again. */
const MAX_FRUITLESS = 3

/**
 * Decides how an event is verified.
 * @param unconfirmed events of the athlete in the last window that Strava has not confirmed, this one among them
 * @param isStored whether the activity is stored
 */
export function checkOf(unconfirmed: number, isStored: boolean): EventCheck {
  return unconfirmed <= (isStored ? MAX_EVENTS.stored : MAX_EVENTS.unknown) ? 'call' : 'list'
}

/** Whether an event may hide another activity. @param hidden activities of the athlete that events have hidden and Strava has not confirmed */
export const mayHide = (hidden: number): boolean => hidden < MAX_UNCONFIRMED_HIDES

/** Whether events of an athlete may be verified by a call each. @param calls for the athlete in the window that confirmed nothing */
export const mayCallFor = (calls: number): boolean => calls < MAX_ATHLETE_CALLS

/** The budget, over all athletes, of calls that confirm no event. @param reads Strava's limit of reads for 15 minutes */
export const allCallsRule = (reads: number): BudgetRule => ({
  limit: Math.max(ALL_CALLS.min, Math.floor(ALL_CALLS.share * reads)),
  windowMs: EVENT_WINDOW_MS,
})

/** Whether the budget over all athletes is spent. `reads` is called only if the result depends on it. */
export async function areCallsSpent(
  state: BudgetState | undefined,
  now: number,
  reads: () => Promise<number>,
): Promise<boolean> {
  const smallest = allCallsRule(0)
  if (currentBudget(state, smallest, now).spent < smallest.limit) return false
  return isSpent(state, allCallsRule(await reads()), now)
}

/** The last list call for an athlete, and its outcome. */
export interface CatchUpState {
  /** Epoch ms. */
  readonly listedAt: number
  /** Lists in a row that confirmed no event. */
  readonly fruitless: number
}

/** When the athlete's newest activities may be listed again: epoch ms. A `listedAt` in the future counts as now. */
export function catchUpDueAt(state: CatchUpState | undefined, now: number): number {
  if (state === undefined) return now
  const interval = Math.min(MAX_CATCH_UP_INTERVAL_MS, CATCH_UP_INTERVAL_MS * 2 ** state.fruitless)
  return Math.min(state.listedAt, now) + interval
}

/** Whether another list may still confirm the open events: Strava lists some new activities late. */
export const isWorthAnother = ({ fruitless }: CatchUpState): boolean => fruitless < MAX_FRUITLESS
