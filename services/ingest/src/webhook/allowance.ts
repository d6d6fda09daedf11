/** Whether one more is allowed in the window that is running; asking takes one. */
export type Allowance = () => boolean

/** So many in each window of `windowMs`, in this process. */
export function createAllowance(most: number, windowMs: number, clock: { now(): number }): Allowance {
  let window = Number.NEGATIVE_INFINITY
  let taken = 0
  return () => {
    const current = Math.floor(clock.now() / windowMs)
    if (current !== window) {
      window = current
      taken = 0
    }
    taken += 1
    return taken <= most
  }
}
