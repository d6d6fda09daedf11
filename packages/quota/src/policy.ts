import type { Lane } from '@ikigai/contracts'
import { URGENT } from './demand.ts'
import { expectedCalls } from './forecast.ts'
import { type LedgerState, limitOf, windowEnd } from './state.ts'
import { WINDOW_MS, type Window } from './windows.ts'

interface Rule {
  /** The lanes whose expected calls it leaves untouched. */
  readonly leavesTo: readonly Lane[]
  /** What it leaves beyond that for what nobody could expect: a share of each window's limit. */
  readonly spare: Readonly<Record<Window, number>>
  /** Lanes that it also leaves expected calls to, but no more than this share: those may have work for weeks. */
  readonly yieldsTo?: { readonly lanes: readonly Lane[]; readonly most: number }
  /** Whether it leaves enough for another day like the busiest of late. */
  readonly leavesPeak: boolean
  /** It never leaves more than this share, so that no lane stands still. */
  readonly most: number
}

const BACKLOG: readonly Lane[] = ['backfill']
const BELOW_LIVE: readonly Lane[] = ['signup', 'newest', 'webhook', 'backfill', 'resync']

/**
 * What each lane leaves to others. Somebody waits for `backfill`, so `resync` yields to it, but within bounds: either may
 * have work for weeks, and the one must not starve the other. `enrich` can wait without anybody's noticing, so it keeps to
 * the day's pace.
 */
const RULES: Readonly<Record<Lane, Rule>> = {
  signup: { leavesTo: [], spare: { short: 0, day: 0 }, leavesPeak: false, most: 0 },
  newest: {
    leavesTo: ['signup'],
    spare: { short: 0.02, day: 0.01 },
    leavesPeak: false,
    most: 0.8,
  },
  webhook: {
    leavesTo: ['signup', 'newest'],
    spare: { short: 0.04, day: 0.02 },
    leavesPeak: false,
    most: 0.8,
  },
  backfill: {
    leavesTo: URGENT,
    spare: { short: 0.06, day: 0.05 },
    leavesPeak: true,
    most: 0.75,
  },
  resync: {
    leavesTo: URGENT,
    spare: { short: 0.08, day: 0.07 },
    yieldsTo: { lanes: BACKLOG, most: 0.1 },
    leavesPeak: true,
    most: 0.75,
  },
  enrich: {
    leavesTo: BELOW_LIVE,
    spare: { short: 0.5, day: 0.98 },
    leavesPeak: true,
    most: 0.98,
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

/** {@link keptBack} in the window that ends at `end`. `known`: the instant that the state speaks of. */
export function keptBackUntil(
  state: LedgerState,
  lane: Lane,
  window: Window,
  at: number,
  end: number,
  known: number = at,
): number {
  const { leavesTo, yieldsTo, leavesPeak, spare, most } = RULES[lane]
  const open = end - TAIL_MS[window]
  if (at >= open || most === 0) return 0
  const limit = limitOf(state, window)
  const rest = (open - at) / (WINDOW_MS[window] - TAIL_MS[window])
  const part = Math.min(1, rest / RELEASE_PART[window])
  const expected = callsOf(state, leavesTo, at, open, known)
  const cautious = expected + CAUTION * Math.sqrt(expected)
  const peak = leavesPeak && window === 'day' ? peakLeft(state, at, end) * part : 0
  const yielded =
    yieldsTo === undefined
      ? 0
      : Math.min(callsOf(state, yieldsTo.lanes, at, open, known), yieldsTo.most * limit * part)
  const wanted = Math.max(cautious, peak) + yielded + spare[window] * limit * part
  const roomed = window === 'day' ? SPENDABLE * roomLeft(state, at, end) : limit
  return Math.ceil(Math.min(wanted, most * limit * part, roomed))
}

/** Calls that the quarters of an hour from `at` to the day's `end` have room for. */
const roomLeft = (state: LedgerState, at: number, end: number) =>
  (limitOf(state, 'short') * (end - at)) / WINDOW_MS.short

/** What the urgent lanes would still call if this day (or, of a later one, the whole) were like the busiest of late. */
function peakLeft({ demand, start }: LedgerState, at: number, end: number): number {
  const isToday = end - WINDOW_MS.day === start.day && at >= start.day
  return Math.max(0, demand.urgent.peak - (isToday ? demand.urgent.today : 0))
}

const callsOf = (state: LedgerState, lanes: readonly Lane[], from: number, to: number, known: number) =>
  expectedCalls(state.demand, lanes, from, to, limitOf(state, 'day'), known)

/** Precise enough for a wait (ms). */
const RELEASE_STEP_MS = 500

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
  while (granted - refused > RELEASE_STEP_MS) {
    const middle = Math.floor((refused + granted) / 2)
    if (keptBack(state, lane, window, middle) <= spare) granted = middle
    else refused = middle
  }
  return granted
}
