import type { Lane, WaitReason } from '@ikigai/contracts'
import { keptBack, releasedAt } from './policy.ts'
import { COUNTERS, type Lease, type LedgerState, windowEnd } from './state.ts'
import { WINDOW_MS, WINDOWS, type Window, windowStart } from './windows.ts'

/** Why a lane may not call now, and from when on it may ask again (epoch ms). */
export interface Refusal {
  readonly reason: WaitReason
  readonly until: number
}

/**
 * A new window is believed in only this long after its edge by our clock: ours may be ahead of Strava's,
 * and a call too early would count in the window that is full.
 */
export const EDGE_GUARD_MS = 2_000

/** Brings the state to the windows of `now`. A clock that runs behind never turns a window back. */
export function roll(state: LedgerState, now: number): LedgerState {
  const leases = state.leases.filter(({ expiresAt }) => expiresAt > now)
  let next: LedgerState = { ...state, leases }
  for (const window of WINDOWS) {
    const start = windowStart(window, now - EDGE_GUARD_MS)
    if (start <= next.start[window]) continue
    // A call under way may reach Strava on either side of the edge: it counts on both.
    const used = leases.length
    next = {
      ...next,
      start: { ...next.start, [window]: start },
      read: { ...next.read, used: { ...next.read.used, [window]: used } },
      overall: { ...next.overall, used: { ...next.overall.used, [window]: used } },
    }
  }
  return next
}

/** Whether a lane must wait, why and until when; undefined when it may call now. */
export function explain(state: LedgerState, lane: Lane, now: number): Refusal | undefined {
  const current = roll(state, now)
  return closedRefusal(current, now) ?? latest(windowRefusals(current, lane, now))
}

function closedRefusal({ closed, leases }: LedgerState, now: number): Refusal | undefined {
  if (closed === null) return undefined
  if (now < closed.until) return { reason: closed.reason, until: closed.until }
  if (!closed.probing || leases.length === 0) return undefined
  return { reason: closed.reason, until: Math.min(...leases.map(({ expiresAt }) => expiresAt)) }
}

function windowRefusals(state: LedgerState, lane: Lane, now: number): Refusal[] {
  return WINDOWS.flatMap((window) =>
    COUNTERS.flatMap((counter) => {
      const limit = state[counter].limit[window]
      const left = limit - state[counter].used[window]
      const end = windowEnd(state, window) + EDGE_GUARD_MS
      if (left <= 0) return [{ reason: windowReason(window), until: end }]
      if (left > keptBack(lane, window, limit, end - now)) return []
      return [
        {
          reason: 'reserved' as const,
          until: Math.max(now + 1, end - releasedAt(lane, window, limit, left - 1)),
        },
      ]
    }),
  )
}

const windowReason = (window: Window): WaitReason => (window === 'short' ? 'quota_15min' : 'quota_day')

function latest(refusals: readonly Refusal[]): Refusal | undefined {
  return refusals.reduce<Refusal | undefined>(
    (worst, refusal) => (worst === undefined || refusal.until > worst.until ? refusal : worst),
    undefined,
  )
}

/** Takes one call for a lane, or says why not. */
export function reserve(
  state: LedgerState,
  request: { id: string; lane: Lane; now: number; leaseMs: number },
): { state: LedgerState; lease: Lease } | { state: LedgerState; refusal: Refusal } {
  const { id, lane, now, leaseMs } = request
  const current = roll(state, now)
  const refusal = explain(current, lane, now)
  if (refusal !== undefined) return { state: current, refusal }
  const lease = { id, lane, at: now, expiresAt: now + leaseMs }
  return { state: { ...count(current, WINDOWS, 1), leases: [...current.leases, lease] }, lease }
}

/** Adds calls to both counters of the given windows. */
export function count(state: LedgerState, windows: readonly Window[], calls: number): LedgerState {
  const add = (used: Record<Window, number>) => ({
    short: used.short + (windows.includes('short') ? calls : 0),
    day: used.day + (windows.includes('day') ? calls : 0),
  })
  return {
    ...state,
    read: { ...state.read, used: add(state.read.used) },
    overall: { ...state.overall, used: add(state.overall.used) },
  }
}

/** Windows of the state that an instant lies in or after. */
export const windowsOf = (state: LedgerState, at: number): Window[] =>
  WINDOWS.filter(
    (window) => at >= state.start[window] && at < state.start[window] + WINDOW_MS[window] + EDGE_GUARD_MS,
  )
