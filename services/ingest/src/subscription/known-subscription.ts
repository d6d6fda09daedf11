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
   * A known id is answered from memory. For another one the table is read again, at most once a second, and then Strava is asked:
   * until it has answered, the event is `unavailable`, so Strava sends it again. While no id is known at all, each one counts
   * as ours: the caller has already proved the secret path.
   */
  check(id: StravaId): Promise<SubscriptionMatch>
  /** Sets what is called when Strava has to be asked which subscription there is. */
  onUnknown(ask: () => void): void
  /** Strava was asked at `since` (epoch ms), and its answer is in the table: of the ids that came before, no other is ours. */
  asked(since: number): void
  /** When the last event of our subscription came: epoch ms. */
  lastEventAt(): number
  /** Caches the id that this replica has created or found at Strava. */
  remember(id: StravaId): void
  /** Reads the table. @throws when Postgres does not answer */
  load(): Promise<void>
}

const MIN_READ_INTERVAL_MS = 1_000
/** Ids of others that are remembered, and for how long Strava's word about them counts. */
const MAX_UNKNOWN = 1_000
const UNKNOWN_TTL_MS = 3_600_000
/** Strava is asked again about an id after this, because the limit of checks may have left it out. */
const ASK_AGAIN_MS = 60_000

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
  /** When each unknown id came first, and when Strava was asked last: epoch ms. */
  const unknown = new LRUCache<StravaId, number>({ max: MAX_UNKNOWN })
  let askedAt = Number.NEGATIVE_INFINITY
  let lastEventAt = Number.NEGATIVE_INFINITY
  let ask = () => {}

  /** Whether Strava, asked after the id had come, did not name it. An id that is new has it asked. */
  function isRefuted(id: StravaId): boolean {
    const since = unknown.get(id)
    const isPending = since !== undefined && askedAt < since
    if (isPending && clock.now() - since < ASK_AGAIN_MS) return false
    if (since !== undefined && !isPending && clock.now() - askedAt < UNKNOWN_TTL_MS) return true
    unknown.set(id, clock.now())
    ask()
    return false
  }

  async function load(): Promise<void> {
    const rows = await db.select({ id: webhookSubscriptions.id }).from(webhookSubscriptions)
    ids = new Set(rows.map(({ id }) => id))
  }

  /** Reads the table unless it was just read. Resolves with whether that succeeded. */
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
      ask = given
    },
    asked: (since) => {
      askedAt = since
    },
    lastEventAt: () => lastEventAt,
  }
}
