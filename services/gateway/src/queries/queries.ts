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
import { initialState, type Limits, readLedger } from '@ikigai/quota'
import { quotaStatus } from '@ikigai/status'
import { type ActivityWithDetail, activityById, type Choice } from './activities.ts'
import { athleteById } from './athlete.ts'
import { importStatus } from './import-status.ts'
import { listActivities } from './list.ts'
import type { ListRequest } from './list-request.ts'
import { memoizeFor } from './memoize-for.ts'
import { sampleActivities } from './sample-activities.ts'
import { createSamplePool } from './sample-pool.ts'
import { shuffledPage } from './shuffled-page.ts'
import { type StoredData, storedData } from './stored-data.ts'
import type { VisibilityFilter } from './visibility.ts'

export type { ListRequest } from './list-request.ts'

/** Queries behind the HTTP and the NATS API. An id beyond PostgreSQL's bigint matches nothing. */
export interface Queries {
  activity(athleteId: StravaId, id: StravaId): Promise<ActivityWithDetail | undefined>
  /**
   * A matching activity, uniformly random; with a cursor, the next one of a shuffle of all that match.
   * @throws InputError
   */
  random(athleteId: StravaId, filter: ActivityFilter, cursor?: string): Promise<Choice>
  /** @throws InputError */
  list(athleteId: StravaId, request: ListRequest): Promise<ActivityPage>
  athlete(athleteId: StravaId): Promise<Athlete | undefined>
  import(athleteId: StravaId): Promise<ImportStatus | undefined>
  /** At most a second old. */
  quota(): Promise<QuotaStatus>
  /** The athlete's data for an export, read lazily. */
  storedData(athleteId: StravaId): StoredData
  /** Discards what is cached of an athlete whose data changed. */
  invalidate(athleteId: StravaId): void
}

/** Dependencies and settings of {@link createQueries}. */
export interface QueriesOptions {
  readonly db: Db
  readonly clock: { now(): number }
  /** Milliseconds after which an unconfirmed activity is no longer served. */
  readonly cacheMaxAgeMs: number
  /** Reported until the first answer from Strava. */
  readonly initialLimits: { readonly read: Limits; readonly overall: Limits }
  /** The sessions' key ring; it seeds shuffles. */
  readonly keys: readonly RingKey[]
  /** Whether {@link Queries.invalidate} is called on every change. */
  readonly invalidationIsLive: () => boolean
}

const QUOTA_TTL_MS = 1_000

/** Binds the queries to a database and a clock. */
export function createQueries(options: QueriesOptions): Queries {
  const { db, clock, cacheMaxAgeMs, initialLimits, keys, invalidationIsLive } = options
  const visibility = (athleteId: StravaId): VisibilityFilter => ({
    athleteId,
    confirmedAfter: new Date(clock.now() - cacheMaxAgeMs),
  })
  const pool = createSamplePool({
    sampleActivities: (athleteId, filter, times) =>
      sampleActivities(db, visibility(athleteId), filter, times),
    ...{ clock, cacheMaxAgeMs, invalidationIsLive },
  })
  return {
    activity: (athleteId, id) => activityById(db, visibility(athleteId), id),
    random: (athleteId, filter, cursor) =>
      cursor === undefined
        ? pool.take(athleteId, filter)
        : shuffledPage(db, visibility(athleteId), filter, cursor, keys),
    list: (athleteId, request) => listActivities(db, visibility(athleteId), request),
    athlete: (athleteId) => athleteById(db, athleteId),
    import: (athleteId) => importStatus(db, visibility(athleteId), clock.now()),
    storedData: (athleteId) => storedData(db, athleteId, () => visibility(athleteId)),
    quota: memoizeFor(QUOTA_TTL_MS, clock, async () => {
      const now = clock.now()
      const [ledger, lanes] = await Promise.all([readLedger(db), queueByLane(db, new Date(now))])
      return quotaStatus(ledger ?? initialState(initialLimits, now), now, lanes)
    }),
    invalidate: pool.invalidate,
  }
}
