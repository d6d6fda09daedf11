import { type Bus, fetchSubject, INTERNAL, publishSignal } from '@ikigai/bus'
import type { Activity, StravaId } from '@ikigai/contracts'
import { oncePer } from './once-per.ts'

/** What the fetchers like to know of those who are here: it decides what is fetched first, and nothing else. */
export interface Hints {
  /** This athlete is here now. */
  present(athleteId: StravaId): void
  /** This activity was shown; without its detail it is worth fetching. */
  viewed(activity: Activity): void
}

const PRESENT_EVERY_MS = 60_000
const VIEWED_EVERY_MS = 600_000
const REMEMBERED = 20_000

/** Hints go out at most once a minute for an athlete, and once in ten for an activity. Losing one does no harm. */
export function createHints(bus: Pick<Bus, 'nc'>, clock: { now(): number }): Hints {
  const presentDue = oncePer(PRESENT_EVERY_MS, clock, REMEMBERED)
  const viewedDue = oncePer(VIEWED_EVERY_MS, clock, REMEMBERED)
  return {
    present(athleteId) {
      if (presentDue(athleteId)) publishSignal(bus, INTERNAL.athletePresent, { athlete_id: athleteId })
    },
    viewed({ id, athlete_id: athleteId, has_detail: hasDetail }) {
      if (hasDetail || !viewedDue(id)) return
      // Stored in `FETCH`; nobody waits for that.
      publishSignal(bus, fetchSubject('viewed', athleteId), { activity_id: id })
    },
  }
}
