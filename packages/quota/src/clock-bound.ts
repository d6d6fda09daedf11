/** An instant of a replica's clock, and the bounds within which Strava's clock then is. All in epoch ms. */
export interface ClockBound {
  readonly now: number
  readonly earliest: number
  readonly latest: number
}

/** Bounds of the time by which Strava's clock is ahead of a replica's (ms). `at`: time of the last measurement, epoch ms. */
export interface ClockOffset {
  readonly min: number
  readonly max: number
  readonly at: number
}

/** Guard around the boundary of a window (ms), because Strava's own servers need not agree on the time. */
export const WINDOW_GUARD_MS = 2_000

/** Offset that a replica allows for before its first answer (ms). */
const UNMEASURED_OFFSET_MS = 30_000

/** A `Date` header that differs by more than this (ms) is taken to be wrong, and ignored. */
const MAX_OFFSET_MS = 120_000

/** The `Date` header has whole seconds, rounded down (RFC 9110). */
const DATE_RESOLUTION_MS = 1_000

/** Drift of a clock since it was measured, in ms per ms. */
const MAX_DRIFT = 1e-4

/** The bounds for a reader, which makes no calls: it assumes that its clock agrees with Strava's. */
export const asClockBound = (now: number | ClockBound): ClockBound =>
  typeof now === 'number' ? { now, earliest: now - WINDOW_GUARD_MS, latest: now + WINDOW_GUARD_MS } : now

/** The bounds for a replica. `offset`: as measured so far. */
export function boundsOf(now: number, offset: ClockOffset | undefined): ClockBound {
  if (offset === undefined) {
    const off = UNMEASURED_OFFSET_MS + WINDOW_GUARD_MS
    return { now, earliest: now - off, latest: now + off }
  }
  const { min, max } = withDrift(offset, now)
  return {
    now,
    earliest: Math.floor(now + min) - WINDOW_GUARD_MS,
    latest: Math.ceil(now + max) + WINDOW_GUARD_MS,
  }
}

/**
 * Updates the offset by one answer's `Date`, which Strava set between sending and receiving. Bounds of consistent answers are
 * intersected; a contradicting answer widens them, so a single wrong `Date` only makes a replica more careful.
 */
export function measureOffset(
  offset: ClockOffset | undefined,
  answer: { readonly date: number; readonly sentAt: number; readonly receivedAt: number },
): ClockOffset | undefined {
  const { date, sentAt, receivedAt } = answer
  const seen = { min: date - receivedAt, max: date + DATE_RESOLUTION_MS - sentAt, at: receivedAt }
  if (Math.abs(seen.min) > MAX_OFFSET_MS || Math.abs(seen.max) > MAX_OFFSET_MS) return offset
  if (offset === undefined) return seen
  const known = withDrift(offset, receivedAt)
  const agree = seen.min <= known.max && known.min <= seen.max
  const [outer, inner] = agree ? [Math.max, Math.min] : [Math.min, Math.max]
  return { min: outer(known.min, seen.min), max: inner(known.max, seen.max), at: receivedAt }
}

function withDrift(offset: ClockOffset, now: number): { min: number; max: number } {
  const drift = Math.max(0, now - offset.at) * MAX_DRIFT
  return { min: offset.min - drift, max: offset.max + drift }
}
