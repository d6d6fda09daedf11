import type { Clock, Logger } from '@ikigai/chassis'
import { withTimeout } from '@ikigai/chassis/async'
import { type Db, webhookSubscriptions } from '@ikigai/db'
import type { StravaId } from '@ikigai/strava'

/** Whether an event's subscription is the application's; `unavailable` if that cannot be found out in time. */
export type Standing = 'ours' | 'foreign' | 'unavailable'

/** The application's subscription as this replica knows it: in memory, behind it the table that all replicas share. */
export interface KnownSubscription {
  /**
   * An id that is known is answered from memory. For another one the table is read again, at most once a second. As
   * long as no id is known at all, every one is taken for ours: the secret path has been passed already.
   */
  check(id: StravaId): Promise<Standing>
  /** This replica has made or seen the subscription itself. */
  remember(id: StravaId): void
  /** Reads the table. @throws when Postgres does not answer */
  load(): Promise<void>
}

const READ_AGAIN_MS = 1_000
/** Strava waits 2 seconds for the answer, in which the event has to be stored too. */
const READ_WITHIN_MS = 750

/** The subscription before anything is known of it. */
export function createKnownSubscription(db: Db, clock: Clock, logger: Logger): KnownSubscription {
  let ids: ReadonlySet<StravaId> = new Set()
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<boolean> = Promise.resolve(true)

  async function load(): Promise<void> {
    const rows = await db.select({ id: webhookSubscriptions.id }).from(webhookSubscriptions)
    ids = new Set(rows.map(({ id }) => id))
  }

  /** Whether what is known is as new as it has to be. */
  function refresh(): Promise<boolean> {
    if (clock.now() - readAt < READ_AGAIN_MS) return reading
    readAt = clock.now()
    reading = load().then(
      () => true,
      (error) => {
        logger.warn({ err: error }, 'push subscription not read')
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
      const isFresh = await withTimeout(READ_WITHIN_MS, refresh()).catch(() => false)
      if (ids.has(id) || ids.size === 0) return 'ours'
      return isFresh ? 'foreign' : 'unavailable'
    },
  }
}
