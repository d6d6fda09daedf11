import { backoffMs } from '@ikigai/chassis/async'
import type { StravaId } from '@ikigai/contracts'

const MIN_COOLDOWN_MS = 2_000
const MAX_COOLDOWN_MS = 60_000
const MAX_ENTRIES = 10_000

/** Backoff, in this process, of grants whose refresh failed because Strava was unavailable. */
export interface Cooldown {
  isCooling(athleteId: StravaId): boolean
  /** Starts the backoff after a failure: two seconds, doubled by each consecutive failure up to a minute. */
  start(athleteId: StravaId, consecutiveFailures: number): void
}

export function createCooldown(clock: { now(): number }): Cooldown {
  const until = new Map<StravaId, number>()
  return {
    isCooling: (athleteId) => (until.get(athleteId) ?? 0) > clock.now(),
    start: (athleteId, consecutiveFailures) => {
      const longest = backoffMs(consecutiveFailures, MIN_COOLDOWN_MS, MAX_COOLDOWN_MS)
      if (until.size >= MAX_ENTRIES) until.clear()
      // Half of it is random, so that replicas do not retry at the same time.
      until.set(athleteId, clock.now() + longest * (0.5 + Math.random() / 2))
    },
  }
}
