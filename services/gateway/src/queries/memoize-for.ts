/** Memoizes `load` for `ms` milliseconds; concurrent callers share one call. Rejections are not memoized. */
export function memoizeFor<T>(
  ms: number,
  clock: { now(): number },
  load: () => Promise<T>,
): () => Promise<T> {
  let loadedAt = Number.NEGATIVE_INFINITY
  let answer: Promise<T> | undefined
  return () => {
    const now = clock.now()
    if (answer !== undefined && now - loadedAt < ms) return answer
    loadedAt = now
    const loading = load()
    loading.catch(() => {
      if (answer === loading) answer = undefined
    })
    answer = loading
    return loading
  }
}
