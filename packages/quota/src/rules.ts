import type { Lane, WaitReason } from '@ikigai/contracts'
import { asOfNow } from './ahead.ts'
import { countDemand, noteRefusal, rollDemand } from './demand.ts'
import { COMING, type Held, holdBack } from './held.ts'
import { asMoment, type Moment } from './moment.ts'
import { keptBack, releasedAt } from './policy.ts'
import { type Lease, type LedgerState, leftIn, limitOf, windowEnd } from './state.ts'
import { WINDOW_MS, type Window, windowStart } from './windows.ts'

/** Why a lane may not call now, and from when on it may ask again (epoch ms, by the clock of who asked). */
export interface Refusal {
  readonly reason: WaitReason
  readonly until: number
}

/** The quarters of an hour before this one that are remembered: with this one, a day. */
const REMEMBERED = WINDOW_MS.day / WINDOW_MS.short - 1

/**
 * Brings the state to the windows of `now`. A window begins when Strava's clock is certain to be past its edge: a call
 * made too early would count in the one that is full. A clock that runs behind never turns a window back, unless a window
 * is so far ahead that another clock was wrong (see `asOfNow`).
 */
export function roll(stored: LedgerState, now: number | Moment): LedgerState {
  const moment = asMoment(now)
  const { earliest } = moment
  const state = asOfNow(stored, moment)
  const current = earliest < windowEnd(state, 'short') ? state : nextWindows(state, earliest)
  return current.leases.some(({ expiresAt }) => expiresAt <= earliest)
    ? { ...current, leases: current.leases.filter(({ expiresAt }) => expiresAt > earliest) }
    : current
}

function nextWindows(state: LedgerState, at: number): LedgerState {
  const start = { short: windowStart('short', at), day: windowStart('day', at) }
  // A call under way may reach Strava on either side of the edge: it counts on both.
  const usedIn = (window: Window) =>
    state.ahead + state.leases.filter(({ expiresAt }) => expiresAt > start[window]).length
  const short = usedIn('short')
  const newDay = start.day > state.start.day
  const used = (before: Record<Window, number>) => ({ short, day: newDay ? usedIn('day') : before.day })
  return {
    ...state,
    start,
    read: { ...state.read, used: used(state.read.used) },
    overall: { ...state.overall, used: used(state.overall.used) },
    ahead: 0,
    history: remember(state, (start.short - state.start.short) / WINDOW_MS.short),
    demand: rollDemand({ ...state.demand, ...heldAtEnd(state) }, at),
  }
}

/** What is refused at the end of a quarter of an hour, and for longer than that, comes and is not called. */
function heldAtEnd(state: LedgerState): { held?: Held } {
  const end = windowEnd(state, 'short')
  const since = state.closed?.since ?? state.start.short
  let { held } = state.demand
  for (const lane of COMING) {
    const refusal = refusalAt(state, lane, end - 1)
    if (refusal === undefined || (refusal.until <= end && end - since <= WINDOW_MS.short)) continue
    held = holdBack(held, lane, since, Math.max(end, refusal.until))
  }
  return held === undefined ? {} : { held }
}

/** The quarter of an hour that is over goes into the history, and the idle ones that came after it. */
function remember({ history, read }: LedgerState, over: number): LedgerState['history'] {
  const idle = Math.min(over - 1, REMEMBERED)
  const limit = read.limit.short
  return {
    used: [...history.used, read.used.short, ...Array.from({ length: idle }, () => 0)].slice(-REMEMBERED),
    limit: [...history.limit, limit, ...Array.from({ length: idle }, () => limit)].slice(-REMEMBERED),
  }
}

/** Whether a lane must wait, why and until when; undefined when it may call now. `now`: epoch ms. */
export function explain(state: LedgerState, lane: Lane, now: number | Moment): Refusal | undefined {
  const moment = asMoment(now)
  const refusal = refusalAt(roll(state, moment), lane, moment.earliest)
  return refusal && { ...refusal, until: refusal.until + moment.now - moment.earliest }
}

/** As {@link explain}, of a state that is rolled, all by Strava's clock. */
function refusalAt(state: LedgerState, lane: Lane, at: number): Refusal | undefined {
  return (
    closedRefusal(state, at) ??
    later(windowRefusal(state, lane, 'short', at), () => windowRefusal(state, lane, 'day', at))
  )
}

function closedRefusal({ closed, leases }: LedgerState, at: number): Refusal | undefined {
  if (closed === null) return undefined
  if (at < closed.until) return { reason: closed.reason, until: closed.until }
  if (leases.length === 0) return undefined
  return { reason: closed.reason, until: Math.min(...leases.map(({ expiresAt }) => expiresAt)) }
}

function windowRefusal(state: LedgerState, lane: Lane, window: Window, at: number): Refusal | undefined {
  const left = leftIn(state, window)
  if (left <= 0)
    return { reason: window === 'short' ? 'quota_15min' : 'quota_day', until: windowEnd(state, window) }
  if (left > keptBack(state, lane, window, at)) return undefined
  return { reason: 'reserved', until: releasedAt(state, lane, window, left - 1, at) }
}

function later(a: Refusal | undefined, other: () => Refusal | undefined): Refusal | undefined {
  const b = other()
  if (a === undefined || b === undefined) return a ?? b
  return b.until > a.until ? b : a
}

/** Takes one call for a lane, or says why not. A lease ends `leaseMs` after the latest time that it can be now. */
export function reserve(
  state: LedgerState,
  request: { id: string; lane: Lane; now: number | Moment; leaseMs: number },
): { state: LedgerState; lease: Lease } | { state: LedgerState; refusal: Refusal } {
  const { id, lane, leaseMs } = request
  const moment = asMoment(request.now)
  const current = roll(state, moment)
  const refusal = explain(current, lane, moment)
  if (refusal !== undefined) {
    const until = refusal.until - moment.now + moment.earliest
    return { state: { ...current, demand: noteRefusal(current.demand, lane, until) }, refusal }
  }
  const lease = {
    id,
    lane,
    askedAt: moment.now,
    at: moment.earliest,
    expiresAt: moment.latest + leaseMs,
  }
  const next = {
    ...count(current, 1),
    leases: [...current.leases, lease],
    demand: countDemand(current.demand, lane, moment.earliest, limitOf(current, 'day')),
  }
  return { state: next, lease }
}

/** Adds calls to both counters of both windows. */
export function count(state: LedgerState, calls: number): LedgerState {
  const add = ({ limit, used }: LedgerState['read']) => ({
    limit,
    used: { short: used.short + calls, day: used.day + calls },
  })
  return { ...state, read: add(state.read), overall: add(state.overall) }
}
