import { DAY_MS, HOUR_MS, HOURS } from '@ikigai/quota'
import type { ArrivalHistory, Arrivals, ExogenousLane } from './arrivals.ts'
import { type SeasonalBaseline, seasonalBaseline } from './seasonal-baseline.ts'
import { detectSurge, surgeArrivals } from './surge.ts'

/** Prior of a new application: arrivals per day as a share of the day's limit. */
const PRIOR_SHARE: Readonly<Record<ExogenousLane, number>> = { signup: 0.01, webhook: 0.04 }

/** Shrinkage of {@link dayFactor} towards 0, in arrivals. */
const DAY_FACTOR_PRIOR = 16

/** Expected arrivals between two instants (epoch ms). */
export interface ArrivalForecast {
  signUps(from: number, to: number): number
  webhooks(from: number, to: number): number
  /** Whether more athletes sign up than usual. */
  readonly isSurging: boolean
}

/**
 * Forecasts arrivals. Sign-ups: the baseline, and a decaying surge. New activities: the baseline, until midnight scaled by
 * today's factor.
 * @param dayLimit for the prior, in calls
 * @param now epoch ms
 */
export function forecastArrivals(arrivals: Arrivals, dayLimit: number, now: number): ArrivalForecast {
  const signUps = baselineOf(arrivals.signup, (PRIOR_SHARE.signup * dayLimit) / HOURS, now)
  const webhooks = baselineOf(arrivals.webhook, (PRIOR_SHARE.webhook * dayLimit) / HOURS, now)
  const surge = detectSurge(arrivals.signup, signUps, now)
  const factor = dayFactor(arrivals.webhook, webhooks, now)
  const midnight = now - (now % DAY_MS) + DAY_MS
  return {
    signUps: (from, to) =>
      signUps.between(from, to) + (surge === undefined ? 0 : surgeArrivals(surge, now, from, to)),
    webhooks: (from, to) =>
      webhooks.between(from, to) +
      (from < midnight ? factor * webhooks.between(from, Math.min(to, midnight)) : 0),
    isSurging: surge !== undefined,
  }
}

/** Excess of today's arrivals over the baseline, as a share of the baseline. */
function dayFactor(history: ArrivalHistory, baseline: SeasonalBaseline, now: number): number {
  const midnight = now - (now % DAY_MS)
  if (history.since > midnight) return 0
  const expected = baseline.between(midnight, now)
  return (history.today(now) - expected) / (expected + DAY_FACTOR_PRIOR)
}

const cache = new WeakMap<ArrivalHistory, { hour: number; prior: number; baseline: SeasonalBaseline }>()

/** The baseline, computed once an hour, because it uses only past hours. */
function baselineOf(history: ArrivalHistory, prior: number, now: number): SeasonalBaseline {
  const hour = Math.floor(now / HOUR_MS)
  const known = cache.get(history)
  if (known?.hour === hour && known.prior === prior) return known.baseline
  const baseline = seasonalBaseline(history, prior, now)
  cache.set(history, { hour, prior, baseline })
  return baseline
}
