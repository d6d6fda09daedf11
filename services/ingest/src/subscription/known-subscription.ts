import type { Clock, Logger } from '@ikigai/chassis'
import { withTimeout } from '@ikigai/chassis/async'
import { type Db, webhookSubscriptions } from '@ikigai/db'
import type { StravaId } from '@ikigai/strava'
import { LRUCache } from 'lru-cache'

/** Whether an event's subscription is the application's; `unavailable` if Postgres does not answer in time. */
export type SubscriptionMatch = 'ours' | 'other_subscription' | 'unavailable'

/** The application's subscription, cached in memory from the table that all replicas share. */
export interface KnownSubscription {
  /**
   * A known id is answered from memory. For another one the table is read again, at most once a second, and then a check at Strava
   * is requested: until that has an answer, the result is `unavailable`, so that Strava sends the event again. While no id is known
   * at all, every id counts as ours, because the caller has already used the secret path.
   */
  check(id: StravaId): Promise<SubscriptionMatch>
  /** Sets the function that is called to request a check at Strava of which subscription exists. */
  onUnknown(requestCheck: () => void): void
  /** Records a check at Strava that began at `startedAt` (epoch ms) and whose result is in the table: earlier unknown ids are not ours. */
  checked(startedAt: number): void
  /** When the last event of our subscription arrived: epoch ms. */
  lastEventAt(): number
  /** Caches the id of the subscription that this replica created or found at Strava. */
  remember(id: StravaId): void
  /** Reads the table. @throws when Postgres does not answer */
  load(): Promise<void>
}

const MIN_READ_INTERVAL_MS = 1_000
/** Maximum number of unknown ids that are cached, and how long Strava's answer about them counts: ms. */
const MAX_UNKNOWN = 1_000
const UNKNOWN_TTL_MS = 3_600_000
/** A check is requested again for an id after this time (ms), because the limit of checks may have dropped the request. */
const RECHECK_INTERVAL_MS = 60_000

/** @param readTimeoutMs how long a read of the table is awaited; the event has to be stored after it */
export function createKnownSubscription(
  db: Db,
  clock: Clock,
  logger: Logger,
  readTimeoutMs: number,
): KnownSubscription {
  let ids: ReadonlySet<StravaId> = new Set()
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<boolean> = Promise.resolve(true)
  /** When each unknown id arrived first: epoch ms. */
  const unknown = new LRUCache<StravaId, number>({ max: MAX_UNKNOWN })
  /** When the last check at Strava began: epoch ms. */
  let checkedAt = Number.NEGATIVE_INFINITY
  let lastEventAt = Number.NEGATIVE_INFINITY
  let requestCheck = () => {}

  /** Whether a check at Strava after the id arrived did not find it. Requests a check for a new id. */
  function isRefuted(id: StravaId): boolean {
    const since = unknown.get(id)
    const isPending = since !== undefined && checkedAt < since
    if (isPending && clock.now() - since < RECHECK_INTERVAL_MS) return false
    if (since !== undefined && !isPending && clock.now() - checkedAt < UNKNOWN_TTL_MS) return true
    unknown.set(id, clock.now())
    requestCheck()
    return false
  }

  async function load(): Promise<void> {
    const rows = await db.select({ id: webhookSubscriptions.id }).from(webhookSubscriptions)
    ids = new Set(rows.map(({ id }) => id))
  }

  /** Reads the table unless it was just read. @returns whether the read succeeded */
  function refresh(): Promise<boolean> {
    if (clock.now() - readAt < MIN_READ_INTERVAL_MS) return reading
    readAt = clock.now()
    reading = load().then(
      () => true,
      (error) => {
        logger.warn({ err: error }, 'reading the push subscription failed')
        return false
      },
    )
    return reading
  }

  return {
    load,
    remember: (id) => {
      ids = new Set([id])
    },
    async check(id) {
      const isKnown = ids.has(id)
      const isFresh = isKnown || (await withTimeout(readTimeoutMs, refresh()).catch(() => false))
      if (isKnown || ids.has(id) || ids.size === 0) {
        lastEventAt = clock.now()
        return 'ours'
      }
      if (!isFresh) return 'unavailable'
      return isRefuted(id) ? 'other_subscription' : 'unavailable'
    },
    onUnknown: (given) => {
      requestCheck = given
    },
    checked: (startedAt) => {
      checkedAt = startedAt
    },
    lastEventAt: () => lastEventAt,
  }
}
