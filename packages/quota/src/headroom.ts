import type { Lane } from '@ikigai/contracts'
import { baselineCalls, INTERACTIVE_LANES } from './served-load.ts'
import { effectiveLimit, type LedgerState, windowEnd } from './state.ts'
import { WINDOW_MS, type Window } from './windows.ts'

interface Rule {
  /** Lanes whose expected calls stay reserved. */
  readonly reservesFor: readonly Lane[]
  /** Reserved in addition for unexpected calls: a share of each window's limit. */
  readonly minHeadroomShare: Readonly<Record<Window, number>>
  /** Peers whose expected calls stay reserved too, up to a share of the limit: those may have work for weeks. */
  readonly reservesBoundedFor?: { readonly lanes: readonly Lane[]; readonly maxShare: number }
  /** Whether enough stays reserved for a day like the busiest recent one. */
  readonly reservesForPeak: boolean
  /** Maximum headroom, so that no lane starves: a share of the limit. */
  readonly maxHeadroomShare: number
}

const BACKFILL: readonly Lane[] = ['backfill']
const ALL_BUT_ENRICH: readonly Lane[] = ['signup', 'newest', 'webhook', 'backfill', 'resync']

/**
 * The headroom of each lane. `resync` reserves for `backfill`, because an athlete waits for the history, but within bounds:
 * either may have work for weeks and must not starve the other. No athlete waits for `enrich`, so it is served last.
 */
const RULES: Readonly<Record<Lane, Rule>> = {
  signup: {
    reservesFor: [],
    minHeadroomShare: { quarterHour: 0, day: 0 },
    reservesForPeak: false,
    maxHeadroomShare: 0,
  },
  newest: {
    reservesFor: ['signup'],
    minHeadroomShare: { quarterHour: 0.02, day: 0.01 },
    reservesForPeak: false,
    maxHeadroomShare: 0.8,
  },
  webhook: {
    reservesFor: ['signup', 'newest'],
    minHeadroomShare: { quarterHour: 0.04, day: 0.02 },
    reservesForPeak: false,
    maxHeadroomShare: 0.8,
  },
  backfill: {
    reservesFor: INTERACTIVE_LANES,
    minHeadroomShare: { quarterHour: 0.06, day: 0.05 },
    reservesForPeak: true,
    maxHeadroomShare: 0.75,
  },
  resync: {
    reservesFor: INTERACTIVE_LANES,
    minHeadroomShare: { quarterHour: 0.08, day: 0.07 },
    reservesBoundedFor: { lanes: BACKFILL, maxShare: 0.1 },
    reservesForPeak: true,
    maxHeadroomShare: 0.75,
  },
  enrich: {
    reservesFor: ALL_BUT_ENRICH,
    minHeadroomShare: { quarterHour: 0.5, day: 0.98 },
    reservesForPeak: true,
    maxHeadroomShare: 0.98,
  },
}

/** Safety margin over the expected calls, in standard deviations of a Poisson count. */
const SAFETY_SIGMAS = 2

/**
 * Fraction of a window, counted from its end, over which the headroom decays: an unused call is worth nothing after the
 * reset. That of the day decays from its first minute on.
 */
const HEADROOM_DECAY_FRACTION: Readonly<Record<Window, number>> = { quarterHour: 1 / 3, day: 1 }

/** Nothing is reserved this long before the reset (ms), so that there is time to spend it. */
const HEADROOM_FREE_TAIL_MS: Readonly<Record<Window, number>> = { quarterHour: 20_000, day: 120_000 }

/** Maximum of the day's headroom, as a fraction of the calls that the remaining quarters of an hour allow: more could not be used. */
const MAX_FRACTION_OF_REMAINING_CAPACITY = 0.5

/**
 * Calls that a lane must leave in a window. Never grows with time.
 * @param at Strava's clock, epoch ms
 * @param end end of the window: the state's current one, or a later one for a projection
 */
export function headroom(
  state: LedgerState,
  lane: Lane,
  window: Window,
  at: number,
  end: number = windowEnd(state, window),
): number {
  const rule = RULES[lane]
  const tail = HEADROOM_FREE_TAIL_MS[window]
  const free = end - tail
  if (at >= free || rule.maxHeadroomShare === 0) return 0
  const limit = effectiveLimit(state, window)
  const remaining = (free - at) / (WINDOW_MS[window] - tail)
  const decay = Math.min(1, remaining / HEADROOM_DECAY_FRACTION[window])
  const callsOf = (lanes: readonly Lane[]) =>
    baselineCalls(state.load, lanes, effectiveLimit(state, 'day'), at, free)
  const expected = callsOf(rule.reservesFor)
  const safe = expected + SAFETY_SIGMAS * Math.sqrt(expected)
  const peak = rule.reservesForPeak && window === 'day' ? remainingPeak(state, at, end) * decay : 0
  const bounded = rule.reservesBoundedFor
  const forPeers =
    bounded === undefined ? 0 : Math.min(callsOf(bounded.lanes), bounded.maxShare * limit * decay)
  const wanted = Math.max(safe, peak) + forPeers + rule.minHeadroomShare[window] * limit * decay
  const capacity =
    window === 'day' ? MAX_FRACTION_OF_REMAINING_CAPACITY * remainingCapacity(state, at, end) : limit
  return Math.ceil(Math.min(wanted, rule.maxHeadroomShare * limit * decay, capacity))
}

/** Calls that the quarters of an hour from `at` to the day's `end` allow. */
const remainingCapacity = (state: LedgerState, at: number, end: number) =>
  (effectiveLimit(state, 'quarterHour') * (end - at)) / WINDOW_MS.quarterHour

/** Calls that the interactive lanes would still make if the rest of this day (or a whole later day) were like the busiest. */
function remainingPeak({ load, start }: LedgerState, at: number, end: number): number {
  const isToday = end - WINDOW_MS.day === start.day && at >= start.day
  return Math.max(0, load.interactive.peak - (isToday ? load.interactive.today : 0))
}

/** Precision of {@link admissibleAt} (ms). */
const ADMISSIBLE_STEP_MS = 500

/**
 * When the headroom will have decayed to `spare` calls or fewer in the state's window, if nothing is called until then.
 * Strava's clock, epoch ms; after `from`.
 */
export function admissibleAt(
  state: LedgerState,
  lane: Lane,
  window: Window,
  spare: number,
  from: number,
): number {
  let denied = from
  let allowed = windowEnd(state, window) - HEADROOM_FREE_TAIL_MS[window]
  while (allowed - denied > ADMISSIBLE_STEP_MS) {
    const middle = Math.floor((denied + allowed) / 2)
    if (headroom(state, lane, window, middle) <= spare) allowed = middle
    else denied = middle
  }
  return allowed
}
