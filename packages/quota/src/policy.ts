import type { Lane } from '@ikigai/contracts'
import { WINDOW_MS, type Window } from './windows.ts'

/**
 * The share of each window that a lane leaves to the more urgent ones. `signup` may spend everything;
 * `enrich` lives on what is left over.
 */
const LEFT_TO_OTHERS: Record<Lane, number> = {
  signup: 0,
  recent: 0.05,
  live: 0.1,
  backlog: 0.25,
  refresh: 0.35,
  enrich: 0.5,
}

/**
 * The part of a window, counted from its end, over which what is kept back is let go: an unused call is worth
 * nothing after the edge. The day lets go from its first minute, which paces it.
 */
const RELEASE_PART: Record<Window, number> = { short: 1 / 3, day: 1 }

/** Everything is let go this long before the edge (ms), so that there is time to spend it. */
const TAIL_MS: Record<Window, number> = { short: 20_000, day: 120_000 }

/** Calls that a lane must leave untouched in a window with `remainingMs` to go. */
export function keptBack(lane: Lane, window: Window, limit: number, remainingMs: number): number {
  return Math.ceil(LEFT_TO_OTHERS[lane] * limit * unreleased(window, remainingMs))
}

function unreleased(window: Window, remainingMs: number): number {
  const tail = TAIL_MS[window]
  const part = (remainingMs - tail) / (RELEASE_PART[window] * WINDOW_MS[window] - tail)
  return Math.min(1, Math.max(0, part))
}

/**
 * How long before the window's end `keptBack` falls to `spare` calls or fewer, in milliseconds:
 * the inverse of {@link keptBack}. Infinity where it never holds back more than that.
 */
export function releasedAt(lane: Lane, window: Window, limit: number, spare: number): number {
  const kept = LEFT_TO_OTHERS[lane] * limit
  if (Math.ceil(kept) <= spare) return Number.POSITIVE_INFINITY
  const tail = TAIL_MS[window]
  const part = Math.max(0, spare) / kept
  // One millisecond later, so that rounding cannot leave the caller just before the release.
  return Math.max(0, Math.floor(tail + part * (RELEASE_PART[window] * WINDOW_MS[window] - tail)) - 1)
}
