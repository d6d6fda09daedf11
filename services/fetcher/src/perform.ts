import type { Clock, Logger } from '@ikigai/chassis'
import type { Db } from '@ikigai/db'
import type { ImportEta } from '@ikigai/forecast'
import { changingTogether } from './activities/change-together.ts'
import type { CallStrava } from './calls/strava-calls.ts'
import type { ClockCheck } from './clocks/clock-check.ts'
import { enrichNext } from './enrich/enrich.ts'
import { catchUp } from './events/catch-up.ts'
import { importPage } from './imports/import-page.ts'
import { resyncPage } from './resync/resync-page.ts'
import type { Attempt } from './schedule/attempt.ts'
import type { JobResult } from './schedule/job-result.ts'
import { CATCH_UP } from './schedule/schedule.ts'
import { fetchActivity } from './wanted-activities/fetch-activity.ts'

/** Dependencies of all job handlers. */
export interface PerformDeps {
  readonly db: Db
  readonly call: CallStrava
  readonly clock: Clock
  readonly logger: Logger
  readonly importEta: ImportEta
  /** See `ImportDeps`. */
  readonly notifyStored: (inboxes: readonly string[]) => void
  readonly clocks: Pick<ClockCheck, 'agree'>
  /** `CACHE_MAX_AGE` in ms. */
  readonly maxAgeMs: number
}

/** Runs the handler of an attempt's lane: one call, and the storage of its answer. Throws unexpected errors. */
export type Perform = (attempt: Attempt) => Promise<JobResult>

/** Creates the function that runs jobs. */
export function createPerform(deps: PerformDeps): Perform {
  const fetchDeps = { ...deps, changeAthlete: changingTogether(deps.db, deps.logger) }
  return (attempt) => {
    switch (attempt.lane) {
      case 'signup':
      case 'backfill':
        return importPage(deps, attempt)
      case 'resync':
        return resyncPage(deps, attempt)
      case 'enrich':
        return enrichNext(deps, attempt)
      default:
        return attempt.wanted?.activityId === CATCH_UP
          ? catchUp(deps, attempt)
          : fetchActivity(fetchDeps, attempt)
    }
  }
}
