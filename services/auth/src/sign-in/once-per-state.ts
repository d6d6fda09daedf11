/** How many sign-ins are remembered at once; the oldest is forgotten first. */
const MAX_REMEMBERED = 2_000

/**
 * Does `work` once for each state, and returns its result to every request that presents the same state: a callback that is
 * loaded again before its answer has arrived must not use Strava's code a second time. A work that throws is forgotten.
 */
export function oncePerState<T>(): (state: string, work: () => Promise<T>) => Promise<T> {
  const results = new Map<string, Promise<T>>()
  return (state, work) => {
    const known = results.get(state)
    if (known !== undefined) return known
    const [oldest] = results.keys()
    if (oldest !== undefined && results.size >= MAX_REMEMBERED) results.delete(oldest)
    const result = work()
    results.set(state, result)
    result.catch(() => results.delete(state))
    return result
  }
}
