import type { StravaId } from '@ikigai/contracts'

const FIRST_MS = 2_000
const LONGEST_MS = 60_000
const KEPT = 10_000

/** Keeps a grant that Strava could not refresh from being tried again at once. Each process has its own. */
export interface Cooldown {
  isCooling(athleteId: StravaId): boolean
  /** Starts after a failure; each one in a row doubles it, from two seconds to a minute. */
  start(athleteId: StravaId, failuresInARow: number): void
}

export function createCooldown(clock: { now(): number }): Cooldown {
  const until = new Map<StravaId, number>()
  return {
    isCooling: (athleteId) => (until.get(athleteId) ?? 0) > clock.now(),
    start: (athleteId, failuresInARow) => {
      const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failuresInARow - 1, 10))
      if (until.size >= KEPT) until.clear()
      // Half of it is random, so that replicas do not come back in step.
      until.set(athleteId, clock.now() + longest * (0.5 + Math.random() / 2))
    },
  }
}
