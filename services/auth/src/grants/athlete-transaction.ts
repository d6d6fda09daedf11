import { createHash } from 'node:crypto'
import type { StravaId } from '@ikigai/contracts'
import { ATHLETE_LOCKS, acquireLock, athleteLock, authLocks, type Db, type Tx } from '@ikigai/db'

/**
 * A transaction with the athlete's lock, over all replicas: sign-up, refresh and erasure run in one. It is not the lock of
 * the athlete's row, because a sign-up has no row yet, and because it does not block work on the athlete's activities. Few
 * athletes share a lock, so nothing that holds one may wait for that of another athlete.
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
    const locking = acquireLock(tx, authLocks, athleteLock(bucketOf(athleteId)))
    const [, known] = await Promise.all([locking, read(tx)])
    return work(tx, known)
  })
}

const bucketOf = (athleteId: StravaId): number =>
  createHash('sha256').update(athleteId).digest().readUInt32BE() % ATHLETE_LOCKS
