/** Counts one more event, and returns whether it is within the limit of the current window. */
export type FixedWindowLimiter = () => boolean

/** Creates a limiter, for this process, of `max` events in each fixed window of `windowMs`. */
export function createFixedWindowLimiter(
  max: number,
  windowMs: number,
  clock: { now(): number },
): FixedWindowLimiter {
  let window = Number.NEGATIVE_INFINITY
  let count = 0
  return () => {
    const current = Math.floor(clock.now() / windowMs)
    if (current !== window) {
      window = current
      count = 0
    }
    count += 1
    return count <= max
  }
}
