import { type Bus, fetchSubject, INTERNAL, publishSignal } from '@ikigai/bus'
import type { Activity, StravaId } from '@ikigai/contracts'
import { throttle } from './throttle.ts'

/** Best-effort notifications to the fetchers; they influence only the order of fetching. */
export interface Signals {
  /** The athlete is online. */
  present(athleteId: StravaId): void
  /** The activity was viewed; its detail is wanted if it is missing. */
  viewed(activity: Activity): void
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
    viewed({ id, athlete_id: athleteId, has_detail: hasDetail }) {
      if (hasDetail || !mayPublishView(id)) return
      // Stored in `FETCH`; no reply is awaited.
      publishSignal(bus, fetchSubject('viewed', athleteId), { activity_id: id })
    },
  }
}
