import { HOUR_MS } from '@ikigai/quota'
import { type ArrivalHistory, BUCKET_MS, bucketOf, RECENT_MS } from './arrivals.ts'
import type { SeasonalBaseline } from './seasonal-baseline.ts'

/** Arrivals above this multiple of the baseline count towards a surge. */
const REFERENCE_RATIO = 2

/** Standard deviations above the baseline that a surge must reach, for arrivals in batches of {@link BATCH_SIZE}. */
const SIGNIFICANCE_SIGMAS = 2
const BATCH_SIZE = 6

/** The current rate is measured over the surge's duration so far, within these bounds (ms). */
const MEASURED_MS = { min: 300_000, max: HOUR_MS }

/** Time constant of the exponential decay of a surge (ms). */
const SURGE_DECAY_MS = 2 * HOUR_MS

/** Arrivals above the baseline, which decay. */
export interface Surge {
  /** Current arrivals per ms above the baseline. */
  readonly rate: number
  /** Time constant of the decay (ms). */
  readonly decayMs: number
}

/**
 * Detects a surge by Page's CUSUM test over buckets: the cumulative excess over {@link REFERENCE_RATIO} times the baseline,
 * never below 0. The surge began where it was last 0. Its expected arrivals are limited to the larger of those so far and
 * those left to the busiest day of the history, because a burst of seconds does not predict days.
 */
export function detectSurge(
  history: ArrivalHistory,
  baseline: SeasonalBaseline,
  now: number,
): Surge | undefined {
  const last = bucketOf(now)
  let [sum, onset, arrived] = [0, last, 0]
  for (let at = bucketOf(now - RECENT_MS) + BUCKET_MS; at <= last; at += BUCKET_MS) {
    if (sum === 0) [onset, arrived] = [at, 0]
    const count = history.inBucket(at)
    arrived += count
    sum = Math.max(0, sum + count - REFERENCE_RATIO * baseline.between(at, at + BUCKET_MS))
  }
  if (sum === 0) return undefined
  const from = Math.max(onset, bucketOf(now - MEASURED_MS.max))
  const during = Math.max(MEASURED_MS.min, now - from)
  let count = 0
  for (let at = from; at <= last; at += BUCKET_MS) count += history.inBucket(at)
  const expected = baseline.between(now - during, now)
  if (count - expected <= SIGNIFICANCE_SIGMAS * Math.sqrt(expected + BATCH_SIZE)) return undefined
  const rate = ((count - expected) / during) * decayedShare(during)
  const max = Math.max(arrived, history.busiestDay(now) - history.today(now))
  return { rate, decayMs: Math.min(SURGE_DECAY_MS, max / rate) }
}

/** Rate of a decaying surge after `during` (ms), as a share of its mean rate until then. */
const decayedShare = (during: number) => during / SURGE_DECAY_MS / Math.expm1(during / SURGE_DECAY_MS)

/** Arrivals that a surge seen at `asOf` brings between two later instants (epoch ms). */
export const surgeArrivals = ({ rate, decayMs }: Surge, asOf: number, from: number, to: number): number =>
  rate * decayMs * (Math.exp((asOf - from) / decayMs) - Math.exp((asOf - to) / decayMs))
