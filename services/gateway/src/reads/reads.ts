import type {
  ActivityFilter,
  ActivityPage,
  Athlete,
  ImportStatus,
  QuotaStatus,
  StravaId,
} from '@ikigai/contracts'
import type { Db } from '@ikigai/db'
import { initialState, type Limits, quotaStatus, readLedger } from '@ikigai/quota'
import {
  type ActivityWithDetail,
  activityById,
  type Choice,
  listActivities,
  randomActivity,
} from './activities.ts'
import { athleteById } from './athlete.ts'
import { importStatus } from './import-status.ts'
import type { ListRequest } from './list-request.ts'

export type { ListRequest } from './list-request.ts'

/** All that is read for athletes, app clients and other teams. Ids that Postgres cannot hold belong to nobody. */
export interface Reads {
  activity(athleteId: StravaId, id: StravaId): Promise<ActivityWithDetail | undefined>
  /** @throws InputError */
  random(athleteId: StravaId, filter: ActivityFilter): Promise<Choice>
  /** @throws InputError */
  list(athleteId: StravaId, request: ListRequest): Promise<ActivityPage>
  athlete(athleteId: StravaId): Promise<Athlete | undefined>
  import(athleteId: StravaId): Promise<ImportStatus | undefined>
  quota(): Promise<QuotaStatus>
}

/** What the reads stand on. */
export interface ReadsOptions {
  readonly db: Db
  readonly clock: { now(): number }
  /** Nothing is served that Strava has not confirmed for this long, in ms. */
  readonly cacheMaxAgeMs: number
  /** Told while nothing has been called yet. */
  readonly coldStartLimits: { readonly read: Limits; readonly overall: Limits }
}

/** Binds the queries to a database and a clock. */
export function createReads({ db, clock, cacheMaxAgeMs, coldStartLimits }: ReadsOptions): Reads {
  const view = (athleteId: StravaId) => ({
    athleteId,
    confirmedAfter: new Date(clock.now() - cacheMaxAgeMs),
  })
  return {
    activity: (athleteId, id) => activityById(db, view(athleteId), id),
    random: (athleteId, filter) => randomActivity(db, view(athleteId), filter),
    list: (athleteId, request) => listActivities(db, view(athleteId), request),
    athlete: (athleteId) => athleteById(db, athleteId),
    import: (athleteId) => importStatus(db, view(athleteId), clock.now()),
    quota: async () => {
      const now = clock.now()
      return quotaStatus((await readLedger(db)) ?? initialState(coldStartLimits, now), now)
    },
  }
}
