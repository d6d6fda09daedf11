import type {
  ActivityFilter,
  ActivityPage,
  Athlete,
  ImportStatus,
  QuotaStatus,
  StravaId,
} from '@ikigai/contracts'
import { type Db, queueByLane, readCapacity } from '@ikigai/db'
import type { RingKey } from '@ikigai/keyring'
import { initialState, type Limits, readLedger } from '@ikigai/quota'
import { quotaStatus, type SignUpMode, signUpState } from '@ikigai/status'
import { type ActivityWithDetail, activitiesByIds, type Choice, reasonForNone } from './activities.ts'
import { activitiesVersion } from './activities-version.ts'
import { ActivityCache } from './activity-cache.ts'
import { matchingIds } from './activity-ids.ts'
import { athleteById } from './athlete.ts'
import type { AnswerText } from './cached-text.ts'
import { importStatus } from './import-status.ts'
import { listActivities, listSparseActivities } from './list.ts'
import { type ListRequest, listKey, type SparseListRequest } from './list-request.ts'
import { type MaybePromise, then } from './maybe-promise.ts'
import { memoizeFor } from './memoize-for.ts'
import { randomActivity } from './random-activity.ts'
import type { ServiceStatus } from './schemas.ts'
import { shuffledPage } from './shuffled-page.ts'
import { type StoredData, storedData } from './stored-data.ts'
import type { VisibilityFilter } from './visibility.ts'

export type { ListRequest } from './list-request.ts'

/**
 * Queries behind the HTTP and the NATS API. An id beyond PostgreSQL's bigint matches nothing. What may be in memory is a promise
 * only where it is not.
 */
export interface Queries {
  activity(athleteId: StravaId, id: StravaId): MaybePromise<ActivityWithDetail | undefined>
  /**
   * A matching activity, uniformly random; with a cursor, the next one of a shuffle of all that match.
   * @throws InputError
   */
  random(athleteId: StravaId, filter: ActivityFilter, cursor?: string): MaybePromise<Choice>
  /** @throws InputError */
  list(athleteId: StravaId, request: ListRequest): Promise<ActivityPage>
  /**
   * The same as text, with some fields alone if the request says so.
   * @throws InputError
   */
  listText(athleteId: StravaId, request: SparseListRequest): MaybePromise<AnswerText>
  athlete(athleteId: StravaId): Promise<Athlete | undefined>
  import(athleteId: StravaId): Promise<ImportStatus | undefined>
  /** At most a second old. */
  quota(): Promise<QuotaStatus>
  /** The public status of the service. At most a second old. */
  status(): Promise<ServiceStatus>
  /** The athlete's data for an export, read lazily. */
  storedData(athleteId: StravaId): StoredData
  /** Discards everything cached for an athlete whose data changed. */
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
  /** Who can make an account, and how many athletes Strava allows (undefined: unknown). */
  readonly signUp: { readonly mode: SignUpMode; readonly athleteLimit: number | undefined }
  /** The sessions' key ring; the seeds of shuffles are derived from it. */
  readonly keys: readonly RingKey[]
  /** Memory for activities of athletes with frequent requests, in bytes; 0 turns the cache off. */
  readonly activityCacheBytes: number
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
  const cache = new ActivityCache({
    source: {
      version: (athleteId) => activitiesVersion(db, athleteId),
      ids: (athleteId, filter) => matchingIds(db, visibility(athleteId), filter),
      activities: (athleteId, ids) => activitiesByIds(db, visibility(athleteId), ids),
    },
    maxBytes: options.activityCacheBytes,
    ...{ clock, cacheMaxAgeMs, invalidationIsLive },
  })

  const random = (athleteId: StravaId, filter: ActivityFilter): MaybePromise<Choice> =>
    then(cache.entryOf(athleteId), (entry) => {
      if (entry === undefined) return randomActivity(db, visibility(athleteId), filter)
      return then<Choice | undefined, Choice>(
        cache.random(entry, filter),
        (found) => found ?? reasonForNone(db, visibility(athleteId), filter),
      )
    })

  const listText = (athleteId: StravaId, request: SparseListRequest): MaybePromise<AnswerText> => {
    const read = () => listSparseActivities(db, visibility(athleteId), request)
    return then(cache.entryOf(athleteId), (entry) => {
      if (entry !== undefined) return cache.page(entry, listKey(request), read)
      return read().then(({ page }) => ({ json: JSON.stringify(page) }))
    })
  }

  const quota = memoizeFor(QUOTA_TTL_MS, clock, async () => {
    const now = clock.now()
    const [ledger, lanes] = await Promise.all([readLedger(db), queueByLane(db, new Date(now))])
    return quotaStatus(ledger ?? initialState(initialLimits, now), now, lanes)
  })
  const signUp = memoizeFor(QUOTA_TTL_MS, clock, async () => {
    const { mode, athleteLimit: limit } = options.signUp
    return signUpState(mode, { limit, ...(await readCapacity(db)) }, clock.now())
  })

  return {
    activity: (athleteId, id) =>
      then(cache.entryOf(athleteId), (entry) => {
        if (entry !== undefined) return cache.activity(entry, id)
        return activitiesByIds(db, visibility(athleteId), [id]).then(([found]) => found)
      }),
    random: (athleteId, filter, cursor) =>
      cursor === undefined
        ? random(athleteId, filter)
        : shuffledPage(db, visibility(athleteId), filter, cursor, keys),
    list: async (athleteId, request) => (await listActivities(db, visibility(athleteId), request)).page,
    listText,
    athlete: (athleteId) => athleteById(db, athleteId),
    import: (athleteId) => importStatus(db, visibility(athleteId), clock.now()),
    storedData: (athleteId) => storedData(db, athleteId, () => visibility(athleteId)),
    quota,
    status: async () => {
      const [limits, state] = await Promise.all([quota(), signUp()])
      return { ...limits, sign_up: state }
    },
    invalidate: (athleteId) => cache.invalidate(athleteId),
  }
}
