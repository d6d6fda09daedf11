import type { Clock, Logger } from '@ikigai/chassis'
import { withTimeout } from '@ikigai/chassis/async'
import { athletes, type Db, idIn } from '@ikigai/db'
import type { StravaId } from '@ikigai/strava'
import { LRUCache } from 'lru-cache'

/** Whether an event's owner has an account; `unverified` if PostgreSQL does not answer in time. */
export type Owner = 'known' | 'unknown' | 'unverified'

/** Cached look-up of athletes by event owner. */
export interface KnownOwners {
  /**
   * An owner found within {@link CACHE_TTL_MS} is answered from the cache. Any other is looked up, because they may have signed up
   * or left since. While PostgreSQL is unavailable, an owner found earlier counts as known.
   */
  check(ownerId: StravaId): Promise<Owner>
}

const MAX_CACHED = 50_000
/** Cache time of an owner: ms. Events of an athlete who left within it are still stored; the fetcher drops them. */
const CACHE_TTL_MS = 5_000
const MAX_BATCH_SIZE = 1_000
/** After a failed look-up none is awaited for this time: ms. */
const RETRY_INTERVAL_MS = 1_000

/** @param lookupTimeoutMs how long a look-up is awaited; the event has to be stored after it */
export function createKnownOwners(
  db: Db,
  clock: Clock,
  logger: Logger,
  lookupTimeoutMs: number,
): KnownOwners {
  const known = new LRUCache<StravaId, number>({ max: MAX_CACHED })
  let next: { readonly ids: Set<StravaId>; readonly found: Promise<ReadonlySet<StravaId>> } | undefined
  let last: Promise<unknown> = Promise.resolve()
  let failedAt = Number.NEGATIVE_INFINITY

  async function find(ids: readonly StravaId[]): Promise<ReadonlySet<StravaId>> {
    const rows = await db.select({ id: athletes.id }).from(athletes).where(idIn(athletes.id, ids))
    for (const id of ids) known.delete(id)
    for (const { id } of rows) known.set(id, clock.now())
    return new Set(rows.map(({ id }) => id))
  }

  /** One query at a time: concurrent callers share the next one, so a flood costs a few queries. */
  function lookUp(id: StravaId): Promise<boolean> {
    if (next === undefined) {
      const ids = new Set<StravaId>()
      const found = last.then(() => {
        next = undefined
        return find([...ids])
      })
      last = found.catch((error: unknown) => {
        failedAt = clock.now()
        logger.warn({ err: error }, 'look-up of owners failed')
      })
      next = { ids, found }
    }
    if (next.ids.size >= MAX_BATCH_SIZE) return Promise.reject(new Error('too many owners in one look-up'))
    next.ids.add(id)
    return next.found.then((found) => found.has(id))
  }

  return {
    async check(ownerId) {
      const cachedAt = known.get(ownerId)
      if (cachedAt !== undefined && clock.now() - cachedAt < CACHE_TTL_MS) return 'known'
      const unverified = cachedAt === undefined ? 'unverified' : 'known'
      if (clock.now() - failedAt < RETRY_INTERVAL_MS) return unverified
      const isKnown = await withTimeout(lookupTimeoutMs, lookUp(ownerId)).catch(() => undefined)
      if (isKnown === undefined) return unverified
      return isKnown ? 'known' : 'unknown'
    },
  }
}
