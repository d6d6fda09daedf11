import type { StravaId } from '@ikigai/contracts'
import type { Db, Tx } from '@ikigai/db'
import { sql } from 'drizzle-orm'

/** Namespace of these advisory locks; any fixed number. */
const LOCK_SPACE = 415_481_513

/**
 * A transaction with the athlete's lock, over all replicas: sign-up, refresh and erasure run in one. It is an advisory lock
 * because a sign-up has no row yet, and because it does not block work on the athlete's activities.
 */
export function athleteTransaction<T>(db: Db, athleteId: StravaId, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCK_SPACE}, hashtext(${athleteId}))`)
    return work(tx)
  })
}
