/** Maximum number of cached results; the oldest is evicted first. */
const MAX_CACHED = 2_000

/**
 * Runs `work` once per state, and returns its result to all requests with that state, because a callback that is reloaded before
 * its answer has arrived must not exchange the code twice. Rejections are not cached.
 */
export function oncePerState<T>(): (state: string, work: () => Promise<T>) => Promise<T> {
  const results = new Map<string, Promise<T>>()
  return (state, work) => {
    const known = results.get(state)
    if (known !== undefined) return known
    const [oldest] = results.keys()
    if (oldest !== undefined && results.size >= MAX_CACHED) results.delete(oldest)
    const result = work()
    results.set(state, result)
    result.catch(() => results.delete(state))
    return result
  }
}
