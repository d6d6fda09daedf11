import { createHash } from 'node:crypto'
import type { StravaId } from '@ikigai/contracts'
import { ATHLETE_LOCKS, acquireLock, athleteLock, authLocks, type Db, type Tx } from '@ikigai/db'

/**
 * A transaction with the athlete's lock, over all replicas: sign-up, refresh and erasure run in one. It is not the lock of
 * the athlete's row, because a sign-up has no row yet, and because it does not block work on the athlete's activities. Few
 * athletes share a lock, so nothing that holds one may wait for that of another athlete.
 */
export function athleteTransaction<T>(db: Db, athleteId: StravaId, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await acquireLock(tx, authLocks, athleteLock(bucketOf(athleteId)))
    return work(tx)
  })
}

const bucketOf = (athleteId: StravaId): number =>
  createHash('sha256').update(athleteId).digest().readUInt32BE() % ATHLETE_LOCKS
