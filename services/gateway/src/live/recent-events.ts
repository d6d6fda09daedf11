import type { StravaId } from '@ikigai/contracts'
import type { LiveEvent } from './live-event.ts'

/** Ring buffer of the last events of all athletes, for clients that reconnect. */
export interface RecentEvents {
  /** Clears the buffer; events are complete from this sequence on. */
  startAt(sequence: number): void
  add(event: LiveEvent): void
  /** The last known sequence; undefined before the first start. */
  readonly newest: number | undefined
  /** Events of an athlete after a sequence; undefined if the buffer does not reach back to it. */
  since(sequence: number, athleteId: StravaId): readonly LiveEvent[] | undefined
}

/** Keeps at most `capacity` events, the newest ones. */
export function createRecentEvents(capacity: number): RecentEvents {
  let events: LiveEvent[] = []
  let from: number | undefined
  let newest: number | undefined
  return {
    startAt(sequence) {
      events = []
      from = sequence
      newest = sequence - 1
    },
    add(event) {
      events.push(event)
      newest = event.sequence
      // Dropped by halves: removing single events from the front is O(n).
      if (events.length < 2 * capacity) return
      events = events.slice(-capacity)
      from = events[0]?.sequence
    },
    get newest() {
      return newest
    },
    since(sequence, athleteId) {
      if (from === undefined || newest === undefined) return undefined
      if (sequence + 1 < from || sequence > newest) return undefined
      return events.filter((event) => event.sequence > sequence && event.athleteId === athleteId)
    },
  }
}
