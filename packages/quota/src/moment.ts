/**
 * An instant as a replica knows it: what its own clock shows, and between which times Strava's clock then is.
 * All in epoch ms.
 */
export interface Moment {
  readonly now: number
  readonly earliest: number
  readonly latest: number
}

/** How far Strava's clock is ahead of a replica's (ms): it lies between the two. `at`: when last measured. */
export interface Skew {
  readonly least: number
  readonly most: number
  readonly at: number
}

/** Strava's own servers need not agree: an edge is not believed in closer than this (ms). */
export const EDGE_GUARD_MS = 2_000

/** What a replica allows for before the first answer has shown how its clock stands (ms). */
const UNMEASURED_MS = 30_000

/** A `Date` that is further off than this says more about itself than about our clock (ms). */
const BELIEVED_MS = 120_000

/** The `Date` header counts whole seconds, cut off (RFC 9110). */
const DATE_RESOLUTION_MS = 1_000

/** Clocks drift: an old measurement loses this much certainty per millisecond. */
const DRIFT = 1e-4

/** The instant of a clock that is taken to be Strava's: of a reader, who calls nothing. */
export const asMoment = (now: number | Moment): Moment =>
  typeof now === 'number' ? { now, earliest: now - EDGE_GUARD_MS, latest: now + EDGE_GUARD_MS } : now

/** The instant of a replica's clock. `skew`: what its calls have shown so far. */
export function momentOf(now: number, skew: Skew | undefined): Moment {
  if (skew === undefined) {
    const off = UNMEASURED_MS + EDGE_GUARD_MS
    return { now, earliest: now - off, latest: now + off }
  }
  const { least, most } = widened(skew, now)
  return {
    now,
    earliest: Math.floor(now + least) - EDGE_GUARD_MS,
    latest: Math.ceil(now + most) + EDGE_GUARD_MS,
  }
}

/**
 * Learns from one answer's `Date`, which was stamped at some time between sending and receiving. Answers that agree
 * narrow it down to the fastest call's latency; one that contradicts widens it, so that a single wrong `Date` makes
 * a replica careful but never bold.
 */
export function measureSkew(
  skew: Skew | undefined,
  answer: { readonly date: number; readonly sentAt: number; readonly receivedAt: number },
): Skew | undefined {
  const { date, sentAt, receivedAt } = answer
  const seen = { least: date - receivedAt, most: date + DATE_RESOLUTION_MS - sentAt, at: receivedAt }
  if (Math.abs(seen.least) > BELIEVED_MS || Math.abs(seen.most) > BELIEVED_MS) return skew
  if (skew === undefined) return seen
  const known = widened(skew, receivedAt)
  const agree = seen.least <= known.most && known.least <= seen.most
  const [outer, inner] = agree ? [Math.max, Math.min] : [Math.min, Math.max]
  return { least: outer(known.least, seen.least), most: inner(known.most, seen.most), at: receivedAt }
}

function widened(skew: Skew, now: number): { least: number; most: number } {
  const drift = Math.max(0, now - skew.at) * DRIFT
  return { least: skew.least - drift, most: skew.most + drift }
}
