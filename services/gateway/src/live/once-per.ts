/** Whether something may be done for a key: once in so many milliseconds. */
export type OncePer = (key: string) => boolean

/** Remembers at most `capacity` keys; it forgets those first that were allowed longest ago. */
export function oncePer(ms: number, clock: { now(): number }, capacity: number): OncePer {
  const allowedAt = new Map<string, number>()
  return (key) => {
    const now = clock.now()
    const before = allowedAt.get(key)
    if (before !== undefined && now - before < ms) return false
    // Moves it to the end: the first one is always the oldest.
    allowedAt.delete(key)
    allowedAt.set(key, now)
    if (allowedAt.size > capacity) for (const oldest of allowedAt.keys()) return forget(allowedAt, oldest)
    return true
  }
}

function forget(keys: Map<string, number>, oldest: string): true {
  keys.delete(oldest)
  return true
}
