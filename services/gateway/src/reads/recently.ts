/** Asks at most once in so many milliseconds, however often it is called; all who call meanwhile share the answer. */
export function recently<T>(ms: number, clock: { now(): number }, ask: () => Promise<T>): () => Promise<T> {
  let askedAt = Number.NEGATIVE_INFINITY
  let answer: Promise<T> | undefined
  return () => {
    const now = clock.now()
    if (answer !== undefined && now - askedAt < ms) return answer
    askedAt = now
    const asking = ask()
    // An error is told to those who wait for it, and asked again by the next.
    asking.catch(() => {
      if (answer === asking) answer = undefined
    })
    answer = asking
    return asking
  }
}
