/** Runs at most one `work` per key at a time; callers that arrive meanwhile share its result. */
export function singleFlight<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const inFlight = new Map<string, Promise<T>>()
  return (key, work) => {
    const running = inFlight.get(key)
    if (running !== undefined) return running
    const flight = work().finally(() => inFlight.delete(key))
    inFlight.set(key, flight)
    return flight
  }
}
