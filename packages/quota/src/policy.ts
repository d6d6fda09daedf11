import { LANES, type Lane } from '@ikigai/contracts'
import { expectedCalls } from './demand.ts'
import { type LedgerState, limitOf, windowEnd } from './state.ts'
import { WINDOW_MS, type Window } from './windows.ts'

interface Rule {
  /** The lanes whose expected calls it leaves untouched. */
  readonly leavesTo: readonly Lane[]
  /** The lanes whose calls come out of what it may spend: these, and those with which it shares. */
  readonly sharesWith: readonly Lane[]
  /** What it leaves beyond that for what nobody could expect: a share of each window's limit. */
  readonly spare: Readonly<Record<Window, number>>
  /** It never leaves more than this share, so that no lane stands still. */
  readonly most: number
}

const URGENT: readonly Lane[] = ['signup', 'recent', 'live']

/**
 * What each lane leaves to others. `backlog` and `refresh` share as equals: either may have work for weeks, and the
 * one must not starve the other.
 */
const RULES: Readonly<Record<Lane, Rule>> = {
  signup: { leavesTo: [], sharesWith: [], spare: { short: 0, day: 0 }, most: 0 },
  recent: {
    leavesTo: ['signup'],
    sharesWith: ['signup'],
    spare: { short: 0.02, day: 0.01 },
    most: 0.5,
  },
  live: {
    leavesTo: ['signup', 'recent'],
    sharesWith: ['signup', 'recent'],
    spare: { short: 0.04, day: 0.02 },
    most: 0.5,
  },
  backlog: {
    leavesTo: URGENT,
    sharesWith: [...URGENT, 'refresh'],
    spare: { short: 0.06, day: 0.03 },
    most: 0.75,
  },
  refresh: {
    leavesTo: URGENT,
    sharesWith: [...URGENT, 'backlog'],
    spare: { short: 0.06, day: 0.03 },
    most: 0.75,
  },
  enrich: {
    leavesTo: [...URGENT, 'backlog', 'refresh'],
    sharesWith: LANES,
    spare: { short: 0.25, day: 0.1 },
    most: 0.9,
  },
}

/** How much surer than the average: about so many standard deviations of calls that come in bursts. */
const CAUTION = 2

/**
 * The part of a window, counted from its end, over which what is spare is let go: an unused call is worth nothing
 * after the edge. The day lets go from its first minute on.
 */
const RELEASE_PART: Record<Window, number> = { short: 1 / 3, day: 1 }

/** Everything is let go this long before the edge (ms), so that there is time to spend it. */
const TAIL_MS: Record<Window, number> = { short: 20_000, day: 120_000 }

/** How much of the calls that the rest of the day has room for may be kept back: what is kept must be spent by then. */
const SPENDABLE = 0.5

/**
 * Calls that a lane must leave untouched in the state's window at `at` (Strava's clock, epoch ms): what more urgent
 * lanes are expected to need until the window's end, and something to spare. Never grows as time goes on.
 */
export function keptBack(state: LedgerState, lane: Lane, window: Window, at: number): number {
  return keptBackUntil(state, lane, window, at, windowEnd(state, window))
}

/** {@link keptBack} in the window that ends at `end`. */
export function keptBackUntil(
  state: LedgerState,
  lane: Lane,
  window: Window,
  at: number,
  end: number,
): number {
  const { leavesTo, spare, most } = RULES[lane]
  const open = end - TAIL_MS[window]
  if (at >= open || most === 0) return 0
  const limit = limitOf(state, window)
  const rest = (open - at) / (WINDOW_MS[window] - TAIL_MS[window])
  const part = Math.min(1, rest / RELEASE_PART[window])
  const expected = callsOf(state, leavesTo, at, open)
  const wanted = expected + CAUTION * Math.sqrt(expected) + spare[window] * limit * part
  const roomed = window === 'day' ? SPENDABLE * roomLeft(state, at, end) : limit
  return Math.ceil(Math.min(wanted, most * limit * part, roomed))
}

/** Calls that the quarters of an hour from `at` to the day's `end` have room for. */
const roomLeft = (state: LedgerState, at: number, end: number) =>
  (limitOf(state, 'short') * (end - at)) / WINDOW_MS.short

/** Expected calls of some lanes (epoch ms). */
export function callsOf(state: LedgerState, lanes: readonly Lane[], from: number, to: number): number {
  const dayLimit = limitOf(state, 'day')
  return lanes.reduce((sum, lane) => sum + expectedCalls(state.demand, lane, from, to, dayLimit), 0)
}

/** Expected calls of those with which a lane shares a window, from `from` to `to`; at most what it must leave them. */
export function competingCalls(
  state: LedgerState,
  lane: Lane,
  window: Window,
  from: number,
  to: number,
): number {
  const { sharesWith, most } = RULES[lane]
  const others = sharesWith.filter((other) => other !== lane)
  const share = (most * limitOf(state, window) * (to - from)) / WINDOW_MS[window]
  return Math.min(callsOf(state, others, from, to), share)
}

/**
 * When a lane may leave `spare` calls or fewer in the state's window (Strava's clock, epoch ms), if nothing is called
 * until then. After `from`.
 */
export function releasedAt(
  state: LedgerState,
  lane: Lane,
  window: Window,
  spare: number,
  from: number,
): number {
  let refused = from
  let granted = windowEnd(state, window) - TAIL_MS[window]
  while (granted - refused > 1) {
    const middle = Math.floor((refused + granted) / 2)
    if (keptBack(state, lane, window, middle) <= spare) granted = middle
    else refused = middle
  }
  return granted
}
