import type { Lane } from '@ikigai/contracts'
import { withWaiting } from './demand.ts'
import { asMoment, type Moment } from './moment.ts'
import { competingCalls, expectedSignUps, keptBackUntil, lesserCalls } from './policy.ts'
import { roll } from './rules.ts'
import { type LedgerState, leftIn, limitOf, windowEnd } from './state.ts'
import { WINDOW_MS, type Window, windowStart } from './windows.ts'

/** One way through the windows to come. All by Strava's clock. */
interface Walk {
  readonly state: LedgerState
  readonly lane: Lane
  /** The instant that the state speaks of. */
  readonly known: number
  /** Calls that each sign-up to come takes of the lane before the last one that is asked for. */
  readonly perSignUp: number
}

/** Those who sign up later take turns with who waits: they never take more than this share of what a lane is granted. */
const MOST_TO_NEWCOMERS = 0.75

/**
 * When the `calls`-th further call of a lane will have been granted, if the lane asks without pause and the others ask
 * for what is expected of them (epoch ms, by the clock of who asks). For one lane's queue this is when its job at
 * position `calls` has been served. Infinite where the limit is 0.
 * @param now epoch ms
 * @param more `perSignUp`: calls that each sign-up to come takes of the lane before that one; `waiting`: jobs that
 * wait in other lanes, which show how many come (they are not counted in)
 */
export function grantedBy(
  state: LedgerState,
  lane: Lane,
  calls: number,
  now: number | Moment,
  more: { readonly waiting?: Partial<Record<Lane, number>>; readonly perSignUp?: number } = {},
): number {
  const { waiting = {}, perSignUp = 0 } = more
  const moment = asMoment(now)
  const rolled = roll(state, moment)
  const current = { ...rolled, demand: withWaiting(rolled.demand, waiting) }
  const known = Math.max(moment.earliest, current.closed?.until ?? 0)
  const at = calls <= 0 ? known : granted({ state: current, lane, known, perSignUp }, calls)
  return at + moment.now - moment.earliest
}

/** Through what is left of today, then whole days at once, then through the last of them. */
function granted(walk: Walk, calls: number): number {
  const today = walkDay(walk, calls, walk.known)
  if (today.at !== undefined) return today.at
  const tomorrow = windowStart('day', walk.known) + WINDOW_MS.day
  const next = walkDay(walk, calls - today.granted, tomorrow)
  if (next.at !== undefined) return next.at
  const later = tomorrow + WINDOW_MS.day
  const wholeDay = walkDay(walk, Number.POSITIVE_INFINITY, later).granted
  if (wholeDay < 1) return Number.POSITIVE_INFINITY
  const wanted = calls - today.granted - next.granted
  const days = Math.ceil(wanted / wholeDay) - 1
  const lastDay = later + days * WINDOW_MS.day
  return walkDay(walk, wanted - days * wholeDay, lastDay).at ?? lastDay + WINDOW_MS.day
}

/** What a lane is granted from `from` to midnight, and when its `calls`-th call is, if that is on this day. */
function walkDay(walk: Walk, calls: number, from: number): { granted: number; at?: number } {
  const midnight = windowStart('day', from) + WINDOW_MS.day
  const today = { window: 'day' as const, from, end: midnight }
  const left = leftAt(walk.state, 'day', from)
  let before = 0
  for (let start = from; start < midnight; ) {
    const end = windowStart('short', start) + WINDOW_MS.short
    const quarter = { window: 'short' as const, from: start, end }
    const leftNow = leftAt(walk.state, 'short', start)
    const grantedAt = (at: number) =>
      Math.max(before, Math.min(before + room(walk, quarter, leftNow, at), room(walk, today, left, at)))
    const after = grantedAt(end)
    if (after >= calls) return { granted: after, at: firstTime(start, end, (at) => grantedAt(at) >= calls) }
    before = after
    start = end
  }
  return { granted: before }
}

/** Calls that a lane is granted from a window's `from` to `at`, of `left` that were left in it. */
function room(
  { state, lane, known, perSignUp }: Walk,
  { window, from, end }: { readonly window: Window; readonly from: number; readonly end: number },
  left: number,
  at: number,
): number {
  // Less than one call is none yet.
  const rest = left - Math.floor(competingCalls(state, lane, window, { from, to: at, known }))
  const ours = rest - keptBackUntil(state, lane, window, at, end, known)
  if (ours <= 0) return ours
  const shared =
    ours - Math.floor(lesserCalls(state, lane, window, { from, to: at, end, known }, { rest, ours }))
  return Math.max(
    shared - Math.floor(perSignUp * expectedSignUps(state, { from, to: at, known })),
    shared * (1 - MOST_TO_NEWCOMERS),
  )
}

/** Calls left in the window that an instant lies in; only of the present one is it known that some are spent. */
const leftAt = (state: LedgerState, window: Window, at: number) =>
  at < windowEnd(state, window) ? leftIn(state, window) : limitOf(state, window)

/** The first millisecond from `from` to `to` at which something holds that then holds on. */
function firstTime(from: number, to: number, holds: (at: number) => boolean): number {
  if (holds(from)) return from
  let [no, yes] = [from, to]
  while (yes - no > 1) {
    const middle = Math.floor((no + yes) / 2)
    if (holds(middle)) yes = middle
    else no = middle
  }
  return yes
}
