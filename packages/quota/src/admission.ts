import type { Lane, WaitReason } from '@ikigai/contracts'
import { asOfNow } from './ahead.ts'
import { afterReservation, earlyProbeAt, stateOf } from './circuit-breaker.ts'
import { asClockBound, type ClockBound } from './clock-bound.ts'
import { admissibleAt, headroom } from './headroom.ts'
import { advanceLoad, countServed } from './served-load.ts'
import { addCalls, type Lease, type LedgerState, remaining, windowEnd } from './state.ts'
import { WINDOW_MS, type Window, windowStart } from './windows.ts'

/** A lane may not call. Times are epoch ms by the clock of the caller. */
export interface Denial {
  readonly allowed: false
  readonly reason: WaitReason
  /** When to check again. */
  readonly retryAt: number
  /** When the window resets or the breaker half-opens. `retryAt` is earlier if headroom decays before. */
  readonly resetAt: number
}

/** Whether a lane may call, and from when on. */
export type Decision =
  | {
      readonly allowed: true
      readonly reason: null
      readonly retryAt: null
      /** End of the present quarter of an hour. */
      readonly resetAt: number
    }
  | Denial

/** Length of the usage history in quarter hours: a day, together with the current one. */
const USAGE_HISTORY_LENGTH = WINDOW_MS.day / WINDOW_MS.quarterHour - 1

/**
 * Drops expired leases and moves the state to the current windows. A window begins when Strava's clock is certain to be past
 * its boundary: an earlier call could count in the previous one. A clock that runs behind never moves a window back, unless
 * the window is so far ahead that another clock was wrong.
 */
export function advanceTo(stored: LedgerState, now: number | ClockBound): LedgerState {
  const bound = asClockBound(now)
  const { earliest } = bound
  const state = asOfNow(stored, bound)
  const current = earliest < windowEnd(state, 'quarterHour') ? state : nextWindows(state, earliest)
  return current.leases.some(({ expiresAt }) => expiresAt <= earliest)
    ? { ...current, leases: current.leases.filter(({ expiresAt }) => expiresAt > earliest) }
    : current
}

function nextWindows(state: LedgerState, at: number): LedgerState {
  const start = { quarterHour: windowStart('quarterHour', at), day: windowStart('day', at) }
  // A call in flight may reach Strava on either side of the boundary, so it counts in both windows.
  const usedIn = (window: Window) =>
    state.carryOver + state.leases.filter(({ expiresAt }) => expiresAt > start[window]).length
  const quarterHour = usedIn('quarterHour')
  const day = start.day > state.start.day ? usedIn('day') : undefined
  const used = (before: Record<Window, number>) => ({ quarterHour, day: day ?? before.day })
  return {
    ...state,
    start,
    read: { ...state.read, used: used(state.read.used) },
    overall: { ...state.overall, used: used(state.overall.used) },
    carryOver: 0,
    usageHistory: appendUsage(state, (start.quarterHour - state.start.quarterHour) / WINDOW_MS.quarterHour),
    load: advanceLoad(state.load, at),
  }
}

/** Appends the last quarter of an hour, and the idle ones after it. */
function appendUsage({ usageHistory, read }: LedgerState, elapsed: number): LedgerState['usageHistory'] {
  const idle = Math.min(elapsed - 1, USAGE_HISTORY_LENGTH)
  const append = (values: readonly number[], value: number, idleValue: number) =>
    [...values, value, ...Array.from({ length: idle }, () => idleValue)].slice(-USAGE_HISTORY_LENGTH)
  const limit = read.limit.quarterHour
  return {
    used: append(usageHistory.used, read.used.quarterHour, 0),
    limit: append(usageHistory.limit, limit, limit),
  }
}

/**
 * Whether a lane may call now, without reserving the call. `now`: epoch ms. `isWaitedFor`: an athlete waits for this call,
 * so it may probe an open circuit breaker early.
 */
export function check(
  state: LedgerState,
  lane: Lane,
  now: number | ClockBound,
  { isWaitedFor = false } = {},
): Decision {
  const bound = asClockBound(now)
  const decision = decide(advanceTo(state, bound), lane, bound.earliest, isWaitedFor)
  const local = (at: number) => at + bound.now - bound.earliest
  return decision.allowed
    ? { ...decision, resetAt: local(decision.resetAt) }
    : { ...decision, retryAt: local(decision.retryAt), resetAt: local(decision.resetAt) }
}

/** {@link check} for an advanced state; all times by Strava's clock. */
function decide(state: LedgerState, lane: Lane, at: number, isWaitedFor: boolean): Decision {
  const denied = byBreaker(state, at, isWaitedFor)
  if (denied !== undefined) return denied
  const [quarterHour, day] = [byWindow(state, lane, 'quarterHour', at), byWindow(state, lane, 'day', at)]
  const last =
    quarterHour === undefined || (day !== undefined && day.retryAt > quarterHour.retryAt) ? day : quarterHour
  return last ?? { allowed: true, reason: null, retryAt: null, resetAt: windowEnd(state, 'quarterHour') }
}

function byBreaker({ breaker, leases }: LedgerState, at: number, isWaitedFor: boolean): Denial | undefined {
  const { tripped } = breaker
  if (tripped === null) return undefined
  const { reason, until } = tripped
  if (stateOf(breaker, at) === 'open') {
    const probeAt = (isWaitedFor ? earlyProbeAt(breaker) : undefined) ?? until
    if (at < probeAt) return { allowed: false, reason, retryAt: probeAt, resetAt: until }
  }
  if (leases.length === 0) return undefined
  const probeEnds = Math.min(...leases.map(({ expiresAt }) => expiresAt))
  return { allowed: false, reason, retryAt: probeEnds, resetAt: probeEnds }
}

function byWindow(state: LedgerState, lane: Lane, window: Window, at: number): Denial | undefined {
  const left = remaining(state, window)
  const resetAt = windowEnd(state, window)
  if (left <= 0) {
    const reason = window === 'quarterHour' ? 'quota_15min' : 'quota_day'
    return { allowed: false, reason, retryAt: resetAt, resetAt }
  }
  if (left > headroom(state, lane, window, at)) return undefined
  const retryAt = admissibleAt(state, lane, window, left - 1, at)
  return { allowed: false, reason: 'reserved', retryAt, resetAt }
}

/** Reserves one call for a lane, or denies it with the reason. The lease expires `leaseMs` after the latest bound of now. */
export function reserve(
  state: LedgerState,
  request: { id: string; lane: Lane; now: number | ClockBound; leaseMs: number; isWaitedFor?: boolean },
): { state: LedgerState; lease: Lease } | { state: LedgerState; denial: Denial } {
  const { id, lane, leaseMs, isWaitedFor = false } = request
  const bound = asClockBound(request.now)
  const current = advanceTo(state, bound)
  const decision = check(current, lane, bound, { isWaitedFor })
  if (!decision.allowed) return { state: current, denial: decision }
  const lease = {
    id,
    lane,
    reservedAtLocal: bound.now,
    reservedAtMin: bound.earliest,
    expiresAt: bound.latest + leaseMs,
  }
  const next = {
    ...addCalls(current, 1),
    leases: [...current.leases, lease],
    breaker: afterReservation(current.breaker, bound.earliest),
    load: countServed(current.load, { [lane]: 1 }),
  }
  return { state: next, lease }
}
