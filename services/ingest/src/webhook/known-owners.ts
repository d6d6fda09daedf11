import type { Clock, Logger } from '@ikigai/chassis'
import { withTimeout } from '@ikigai/chassis/async'
import { athletes, type Db, idIn } from '@ikigai/db'
import type { StravaId } from '@ikigai/strava'
import { LRUCache } from 'lru-cache'

/** Whether an event's owner has an account here; `unchecked` if that cannot be found out in time. */
export type Owner = 'known' | 'unknown' | 'unchecked'

/** Who has an account, as this replica knows it. */
export interface KnownOwners {
  /**
   * Who was met a moment ago is known; everybody else is looked up, because he may have signed up or left since. While
   * that cannot be done, whoever was met before counts as known.
   */
  check(ownerId: StravaId): Promise<Owner>
}

const REMEMBERED = 50_000
/** So long nobody who has left is noticed; what came of him meanwhile is dropped by whoever reads it. */
const KNOWN_FOR_MS = 5_000
/** Strava waits 2 seconds for the answer, in which the event has to be stored too. */
const LOOK_WITHIN_MS = 750
/** Ids in one query at most. */
const BATCH = 1_000
/** After a look-up that failed, the next one is not waited for so soon. */
const LOOK_AGAIN_MS = 1_000

/** Owners before anything is known of them. */
export function createKnownOwners(db: Db, clock: Clock, logger: Logger): KnownOwners {
  const known = new LRUCache<StravaId, number>({ max: REMEMBERED })
  let next: { readonly ids: Set<StravaId>; readonly found: Promise<ReadonlySet<StravaId>> } | undefined
  let last: Promise<unknown> = Promise.resolve()
  let failedAt = Number.NEGATIVE_INFINITY

  async function find(ids: readonly StravaId[]): Promise<ReadonlySet<StravaId>> {
    const rows = await db.select({ id: athletes.id }).from(athletes).where(idIn(athletes.id, ids))
    for (const id of ids) known.delete(id)
    for (const { id } of rows) known.set(id, clock.now())
    return new Set(rows.map(({ id }) => id))
  }

  /** One query at a time: whoever asks meanwhile shares the next one, so a flood costs a few queries. */
  function lookUp(id: StravaId): Promise<boolean> {
    if (next === undefined) {
      const ids = new Set<StravaId>()
      const found = last.then(() => {
        next = undefined
        return find([...ids])
      })
      last = found.catch((error: unknown) => {
        failedAt = clock.now()
        logger.warn({ err: error }, 'owners not looked up')
      })
      next = { ids, found }
    }
    if (next.ids.size >= BATCH) return Promise.reject(new Error('too many owners to be looked up at once'))
    next.ids.add(id)
    return next.found.then((found) => found.has(id))
  }

  return {
    async check(ownerId) {
      const metAt = known.get(ownerId)
      if (metAt !== undefined && clock.now() - metAt < KNOWN_FOR_MS) return 'known'
      const unchecked = metAt === undefined ? 'unchecked' : 'known'
      if (clock.now() - failedAt < LOOK_AGAIN_MS) return unchecked
      const isKnown = await withTimeout(LOOK_WITHIN_MS, lookUp(ownerId)).catch(() => undefined)
      if (isKnown === undefined) return unchecked
      return isKnown ? 'known' : 'unknown'
    },
  }
}
