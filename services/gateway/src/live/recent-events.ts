import type { StravaId } from '@ikigai/contracts'
import type { LiveEvent } from './live-event.ts'

/** The last events of all athletes, so that a client that was away for a moment misses none. */
export interface RecentEvents {
  /** Forgets everything: events are known from this place in the stream on. */
  startAt(sequence: number): void
  add(event: LiveEvent): void
  /** The last place in the stream that is known; undefined before the first start. */
  readonly newest: number | undefined
  /** Events of an athlete after a place in the stream; undefined when they are not known without a gap. */
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
      // Dropped by halves, because taking one from the front moves all the others.
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
