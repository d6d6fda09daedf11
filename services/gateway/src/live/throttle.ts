/** Returns whether the action is allowed for this key now, and counts it if so. */
export type Throttle = (key: string) => boolean

/** Allows an action once per `ms` milliseconds and key. Beyond `capacity` keys the oldest are evicted. */
export function throttle(ms: number, clock: { now(): number }, capacity: number): Throttle {
  const allowedAt = new Map<string, number>()
  return (key) => {
    const now = clock.now()
    const before = allowedAt.get(key)
    if (before !== undefined && now - before < ms) return false
    // Re-inserted at the end: the first key is the oldest.
    allowedAt.delete(key)
    allowedAt.set(key, now)
    if (allowedAt.size > capacity) for (const oldest of allowedAt.keys()) return evict(allowedAt, oldest)
    return true
  }
}

function evict(keys: Map<string, number>, oldest: string): true {
  keys.delete(oldest)
  return true
}
