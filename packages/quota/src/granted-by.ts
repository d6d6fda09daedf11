import type { Lane } from '@ikigai/contracts'
import { asMoment, type Moment } from './moment.ts'
import { competingCalls, keptBackUntil } from './policy.ts'
import { roll } from './rules.ts'
import { type LedgerState, leftIn, limitOf, windowEnd } from './state.ts'
import { WINDOW_MS, type Window, windowStart } from './windows.ts'

/**
 * When the `calls`-th further call of a lane will have been granted, if the lane asks without pause and the others ask
 * for what is expected of them (epoch ms, by the clock of who asks). For one lane's queue this is when its job at
 * position `calls` has been served. Infinite where the limit is 0.
 * @param now epoch ms
 */
export function grantedBy(state: LedgerState, lane: Lane, calls: number, now: number | Moment): number {
  const moment = asMoment(now)
  const current = roll(state, moment)
  const from = Math.max(moment.earliest, current.closed?.until ?? 0)
  const at = calls <= 0 ? from : walk(current, lane, calls, from)
  return at + moment.now - moment.earliest
}

/** Through what is left of today, then whole days at once, then through the last of them. */
function walk(state: LedgerState, lane: Lane, calls: number, from: number): number {
  const today = walkDay(state, lane, calls, from)
  if (today.at !== undefined) return today.at
  const tomorrow = windowStart('day', from) + WINDOW_MS.day
  const wholeDay = walkDay(state, lane, Number.POSITIVE_INFINITY, tomorrow).granted
  if (wholeDay < 1) return Number.POSITIVE_INFINITY
  const wanted = calls - today.granted
  const days = Math.ceil(wanted / wholeDay) - 1
  const lastDay = tomorrow + days * WINDOW_MS.day
  return walkDay(state, lane, wanted - days * wholeDay, lastDay).at ?? lastDay + WINDOW_MS.day
}

/** What a lane is granted from `from` to midnight, and when its `calls`-th call is, if that is on this day. */
function walkDay(
  state: LedgerState,
  lane: Lane,
  calls: number,
  from: number,
): { granted: number; at?: number } {
  const midnight = windowStart('day', from) + WINDOW_MS.day
  const left = leftAt(state, 'day', from)
  let granted = 0
  for (let start = from; start < midnight; ) {
    const end = windowStart('short', start) + WINDOW_MS.short
    const leftNow = leftAt(state, 'short', start)
    const before = granted
    const roomAt = (at: number) =>
      before +
      Math.min(
        leftNow -
          competingCalls(state, lane, 'short', start, at) -
          keptBackUntil(state, lane, 'short', at, end),
        left -
          before -
          competingCalls(state, lane, 'day', from, at) -
          keptBackUntil(state, lane, 'day', at, midnight),
      )
    granted = Math.max(granted, roomAt(end))
    if (granted >= calls) return { granted, at: firstTime(start, end, (at) => roomAt(at) >= calls) }
    start = end
  }
  return { granted }
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
