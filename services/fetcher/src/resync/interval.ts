import type { StravaId } from '@ikigai/contracts'

const HOUR_MS = 3_600_000

/** The part of a day's reads that re-listing plans with. It may take more of what is left over, and never plans to. */
const SHARE_OF_DAY = 0.25

/**
 * No athlete is re-listed more often than this, however much quota there is. With the hours that waiting for quota
 * and asking again for what is missing take, a deletion whose webhook was lost shows within 48 hours, which is what
 * Strava asks for (API Policy, 6.3).
 */
const SHORTEST_MS = 40 * HOUR_MS

/** What of `CACHE_MAX_AGE` may pass before a re-listing begins: the rest is for waiting and for its pages. */
const LONGEST_SHARE = 6 / 7

/** What decides how often everything is re-listed. */
export interface ResyncLoad {
  /** Calls that re-listing every athlete once takes. */
  readonly calls: number
  /** Strava's limit of reads for a day. */
  readonly readsPerDay: number
  /** `CACHE_MAX_AGE` in ms. */
  readonly maxAgeMs: number
}

/** How often everything is re-listed. */
export interface ResyncInterval {
  /** From the beginning of one listing of an athlete to that of the next, at most: ms. */
  readonly ms: number
  /** The planned share of the quota is too small for it: data may pass its age and is then not served. */
  readonly overcommitted: boolean
}

/** As often as the planned share of the quota allows, within what the rules of Strava ask for and no more often than helps. */
export function resyncInterval({ calls, readsPerDay, maxAgeMs }: ResyncLoad): ResyncInterval {
  const longest = maxAgeMs * LONGEST_SHARE
  const affordable = (calls / Math.max(1, readsPerDay * SHARE_OF_DAY)) * 24 * HOUR_MS
  return {
    ms: Math.round(Math.min(longest, Math.max(SHORTEST_MS, affordable))),
    overcommitted: affordable > longest,
  }
}

/** When the next listing of an athlete is due (epoch ms). `previous` is when the last one, or his import, began. */
export function nextResyncAt(
  athleteId: StravaId,
  previous: { readonly startedAt: number; readonly isImport: boolean },
  intervalMs: number,
): number {
  // Those who came together are drawn apart by their first listing; later ones keep the distance.
  const spread = previous.isImport ? 0.75 : 0.1
  return Math.round(previous.startedAt + intervalMs * (1 - spread * phaseOf(athleteId)))
}

/** How long after a gap in the webhooks the last athlete is re-listed: not all at once. */
export const CATCH_UP_MS = 6 * HOUR_MS

/** When an athlete is due after a gap in the webhooks that ended at `gapEnd` (epoch ms). */
export function catchUpAt(athleteId: StravaId, gapEnd: number): number {
  return Math.round(gapEnd + CATCH_UP_MS * phaseOf(athleteId))
}

/** A number from 0 to 1 that is always the same for an athlete and differs between athletes (FNV-1a). */
export function phaseOf(athleteId: StravaId): number {
  let hash = 0x811c9dc5
  for (const digit of athleteId) hash = Math.imul(hash ^ digit.charCodeAt(0), 0x01000193)
  // The last digits differ most, and multiplying carries them upwards only: mix once more.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32
}
