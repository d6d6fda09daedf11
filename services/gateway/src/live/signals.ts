import { type Bus, fetchSubject, INTERNAL, publishSignal } from '@ikigai/bus'
import type { StravaId } from '@ikigai/contracts'
import { throttle } from './throttle.ts'

/** An activity that the athlete has looked at. */
export interface ViewedActivity {
  readonly id: StravaId
  readonly hasDetail: boolean
}

/** Best-effort notifications to the fetchers; they influence only the order of fetching. */
export interface Signals {
  /** Signals that the athlete is online. */
  present(athleteId: StravaId): void
  /** Signals that an activity was viewed, if its detail is missing. */
  viewed(athleteId: StravaId, activity: ViewedActivity): void
}

const PRESENT_INTERVAL_MS = 60_000
const VIEWED_INTERVAL_MS = 600_000
const MAX_KEYS = 20_000

/** Publishes at most one signal per minute and athlete, and one per 10 minutes and activity. A lost one does no harm. */
export function createSignals(bus: Pick<Bus, 'nc'>, clock: { now(): number }): Signals {
  const mayPublishPresence = throttle(PRESENT_INTERVAL_MS, clock, MAX_KEYS)
  const mayPublishView = throttle(VIEWED_INTERVAL_MS, clock, MAX_KEYS)
  return {
    present(athleteId) {
      if (mayPublishPresence(athleteId))
        publishSignal(bus, INTERNAL.athletePresent, { athlete_id: athleteId })
    },
    viewed(athleteId, { id, hasDetail }) {
      if (hasDetail || !mayPublishView(id)) return
      // The stream `FETCH` stores it; the acknowledgement is not awaited.
      publishSignal(bus, fetchSubject('viewed', athleteId), { activity_id: id })
    },
  }
}
