import type {
  ActivityFilter,
  ActivityPage,
  Athlete,
  ImportStatus,
  QuotaStatus,
  StravaId,
} from '@ikigai/contracts'
import { type Db, queueByLane } from '@ikigai/db'
import type { RingKey } from '@ikigai/keyring'
import { initialState, type Limits, quotaStatus, readLedger } from '@ikigai/quota'
import { type StoredData, storedData } from '../export/export.ts'
import { type ActivityWithDetail, activityById, type Choice } from './activities.ts'
import { athleteById } from './athlete.ts'
import { draw } from './draw.ts'
import { importStatus } from './import-status.ts'
import { listActivities } from './list.ts'
import type { ListRequest } from './list-request.ts'
import { createRandomStock } from './random-stock.ts'
import { recently } from './recently.ts'
import type { View } from './shown.ts'
import { walk } from './walk.ts'

export type { ListRequest } from './list-request.ts'

/** All that is read for athletes, app clients and other teams. Ids that Postgres cannot hold belong to nobody. */
export interface Reads {
  activity(athleteId: StravaId, id: StravaId): Promise<ActivityWithDetail | undefined>
  /**
   * One that fits, each as likely as any other; with a cursor, the next step of a walk through all that fit.
   * @throws InputError
   */
  random(athleteId: StravaId, filter: ActivityFilter, cursor?: string): Promise<Choice>
  /** @throws InputError */
  list(athleteId: StravaId, request: ListRequest): Promise<ActivityPage>
  athlete(athleteId: StravaId): Promise<Athlete | undefined>
  import(athleteId: StravaId): Promise<ImportStatus | undefined>
  /** At most a second old. */
  quota(): Promise<QuotaStatus>
  /** What an export holds of the athlete, read as it is wanted. */
  exported(athleteId: StravaId): StoredData
  /** Something of this athlete's has changed. */
  forget(athleteId: StravaId): void
}

/** What the reads stand on. */
export interface ReadsOptions {
  readonly db: Db
  readonly clock: { now(): number }
  /** Nothing is served that Strava has not confirmed for this long, in ms. */
  readonly cacheMaxAgeMs: number
  /** Told while nothing has been called yet. */
  readonly coldStartLimits: { readonly read: Limits; readonly overall: Limits }
  /** The sessions' key ring: the order of walks depends on it. */
  readonly keys: readonly RingKey[]
  /** Whether every change is told to {@link Reads.forget} soon. */
  readonly isTold: () => boolean
}

const QUOTA_MS = 1_000

/** Binds the queries to a database and a clock. */
export function createReads(options: ReadsOptions): Reads {
  const { db, clock, cacheMaxAgeMs, coldStartLimits, keys, isTold } = options
  const view = (athleteId: StravaId): View => ({
    athleteId,
    confirmedAfter: new Date(clock.now() - cacheMaxAgeMs),
  })
  const stock = createRandomStock({
    draw: (athleteId, filter, times) => draw(db, view(athleteId), filter, times),
    ...{ clock, cacheMaxAgeMs, isTold },
  })
  return {
    activity: (athleteId, id) => activityById(db, view(athleteId), id),
    random: (athleteId, filter, cursor) =>
      cursor === undefined ? stock.take(athleteId, filter) : walk(db, view(athleteId), filter, cursor, keys),
    list: (athleteId, request) => listActivities(db, view(athleteId), request),
    athlete: (athleteId) => athleteById(db, athleteId),
    import: (athleteId) => importStatus(db, view(athleteId), clock.now()),
    exported: (athleteId) => storedData(db, athleteId, () => view(athleteId)),
    quota: recently(QUOTA_MS, clock, async () => {
      const now = clock.now()
      const [ledger, lanes] = await Promise.all([readLedger(db), queueByLane(db, new Date(now))])
      const queued = Object.fromEntries(lanes.map(({ lane, waiting }) => [lane, waiting]))
      return quotaStatus(ledger ?? initialState(coldStartLimits, now), now, queued)
    }),
    forget: stock.forget,
  }
}
