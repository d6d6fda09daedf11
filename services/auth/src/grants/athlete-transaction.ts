import { createHash } from 'node:crypto'
import type { StravaId } from '@ikigai/contracts'
import { ATHLETE_LOCKS, acquireLock, athleteLock, authLocks, type Db, type Tx } from '@ikigai/db'

/**
 * Runs `work` in a transaction that holds the athlete's lock, over all replicas. Sign-up, refresh and erasure do so. It is not the
 * lock of the athlete's row: a sign-up has no row yet, and work on the athlete's activities is not blocked. Several athletes
 * share a lock (by a hash), so the work must not wait for the lock of another athlete.
 */
export function athleteTransaction<T>(db: Db, athleteId: StravaId, work: (tx: Tx) => Promise<T>): Promise<T> {
  return athleteTransactionAndRead(db, athleteId, work, async () => undefined)
}

/** As {@link athleteTransaction}. @param read queries that are pipelined behind the locking statement, so they run under the lock */
export function athleteTransactionAndRead<T, Read>(
  db: Db,
  athleteId: StravaId,
  work: (tx: Tx, read: Read) => Promise<T>,
  read: (tx: Tx) => Promise<Read>,
): Promise<T> {
  return db.transaction(async (tx) => {
    const locking = acquireLock(tx, authLocks, athleteLock(bucketOf(athleteId)))
    const [, known] = await Promise.all([locking, read(tx)])
    return work(tx, known)
  })
}

const bucketOf = (athleteId: StravaId): number =>
  createHash('sha256').update(athleteId).digest().readUInt32BE() % ATHLETE_LOCKS
