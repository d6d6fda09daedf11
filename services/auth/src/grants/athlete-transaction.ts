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
  return athleteTransactionKnowing(db, athleteId, work, async () => undefined)
}

/** As {@link athleteTransaction}. @param read sent right behind the lock, without waiting for it, and run under it */
export function athleteTransactionKnowing<T, Read>(
  db: Db,
  athleteId: StravaId,
  work: (tx: Tx, read: Read) => Promise<T>,
  read: (tx: Tx) => Promise<Read>,
): Promise<T> {
  return db.transaction(async (tx) => {
    // Sent now: a query that is not executed yet is sent when it is awaited, which would be behind the others.
    const locking = tx
      .execute(sql`select pg_advisory_xact_lock(${LOCK_SPACE}, hashtext(${athleteId}))`)
      .execute()
    const [, known] = await Promise.all([locking, read(tx)])
    return work(tx, known)
  })
}
