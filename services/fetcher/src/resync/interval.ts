import type { StravaId } from '@ikigai/contracts'

const HOUR_MS = 3_600_000

/** Share of a day's reads that the interval is planned with. Resyncs may use more when quota is left over. */
const SHARE_OF_DAY = 0.25

/**
 * Minimum interval, however much quota there is. Together with the hours spent waiting for quota and verifying, a
 * deletion whose webhook was lost shows within 48 hours, as Strava requires (API Policy, 6.3).
 */
const MIN_INTERVAL_MS = 40 * HOUR_MS

/** Share of `CACHE_MAX_AGE` that may pass before a resync starts; the rest is for waiting and for its pages. */
const MAX_SHARE_OF_AGE = 6 / 7

/** Inputs of {@link resyncInterval}. */
export interface ResyncLoad {
  /** Calls that one resync of every athlete takes. */
  readonly calls: number
  /** Strava's limit of reads for a day. */
  readonly readsPerDay: number
  /** `CACHE_MAX_AGE` in ms. */
  readonly maxAgeMs: number
}

/** The planned time between two resyncs of an athlete. */
export interface ResyncInterval {
  /** Maximum from the start of one resync to the start of the next: ms. */
  readonly ms: number
  /** The planned share of the quota is too small: rows may exceed `CACHE_MAX_AGE`, and are then not served. */
  readonly overcommitted: boolean
}

/** The shortest interval that the planned share of the quota allows, from {@link MIN_INTERVAL_MS} to most of `CACHE_MAX_AGE`. */
export function resyncInterval({ calls, readsPerDay, maxAgeMs }: ResyncLoad): ResyncInterval {
  const longest = maxAgeMs * MAX_SHARE_OF_AGE
  const affordable = (calls / Math.max(1, readsPerDay * SHARE_OF_DAY)) * 24 * HOUR_MS
  return {
    ms: Math.round(Math.min(longest, Math.max(MIN_INTERVAL_MS, affordable))),
    overcommitted: affordable > longest,
  }
}

/** When the next resync of an athlete is due (epoch ms). `previous`: the start of the last resync, or of the import. */
export function nextResyncAt(
  athleteId: StravaId,
  previous: { readonly startedAt: number; readonly isImport: boolean },
  intervalMs: number,
): number {
  // The first resync spreads athletes who signed up together; later ones keep them apart.
  const spread = previous.isImport ? 0.75 : 0.1
  return Math.round(previous.startedAt + intervalMs * (1 - spread * phaseOf(athleteId)))
}

/** Resyncs after an outage of the webhooks are spread over this time: ms. */
export const CATCH_UP_MS = 6 * HOUR_MS

/** When an athlete is due after an outage of the webhooks that ended at `outageEnd` (epoch ms). */
export function catchUpAt(athleteId: StravaId, outageEnd: number): number {
  return Math.round(outageEnd + CATCH_UP_MS * phaseOf(athleteId))
}

/** A stable number from 0 to 1 for an athlete, evenly distributed over athletes (FNV-1a). */
export function phaseOf(athleteId: StravaId): number {
  let hash = 0x811c9dc5
  for (const digit of athleteId) hash = Math.imul(hash ^ digit.charCodeAt(0), 0x01000193)
  // FNV-1a leaves ids with the same first digits close to each other: mix the high bits into the low ones.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32
}
