import type { Clock, Logger } from '@ikigai/chassis'
import { withTimeout } from '@ikigai/chassis/async'
import { type Db, webhookSubscriptions } from '@ikigai/db'
import type { StravaId } from '@ikigai/strava'

/** Whether an event's subscription is the application's; `unavailable` if Postgres does not answer in time. */
export type SubscriptionMatch = 'ours' | 'other_subscription' | 'unavailable'

/** The application's subscription, cached in memory from the table that all replicas share. */
export interface KnownSubscription {
  /**
   * A known id is answered from memory. For another one the table is read again, at most once a second. While no id is
   * known at all, each one counts as ours: the caller has already proved the secret path.
   */
  check(id: StravaId): Promise<SubscriptionMatch>
  /** Caches the id that this replica has created or found at Strava. */
  remember(id: StravaId): void
  /** Reads the table. @throws when Postgres does not answer */
  load(): Promise<void>
}

const MIN_READ_INTERVAL_MS = 1_000
/** Strava waits 2 seconds for the answer, and the event has to be stored within it too. */
const READ_TIMEOUT_MS = 750

export function createKnownSubscription(db: Db, clock: Clock, logger: Logger): KnownSubscription {
  let ids: ReadonlySet<StravaId> = new Set()
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<boolean> = Promise.resolve(true)

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
      if (ids.has(id)) return 'ours'
      const isFresh = await withTimeout(READ_TIMEOUT_MS, refresh()).catch(() => false)
      if (ids.has(id) || ids.size === 0) return 'ours'
      return isFresh ? 'other_subscription' : 'unavailable'
    },
  }
}
