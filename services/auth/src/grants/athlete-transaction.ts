import type { StravaId } from '@ikigai/contracts'
import type { Db, Tx } from '@ikigai/db'
import { sql } from 'drizzle-orm'

/** Any fixed number: keeps these advisory locks apart from others. */
const LOCK_SPACE = 415_481_513

/**
 * A transaction in which nobody else changes the grant of this athlete: sign-up, refresh and erasure all go through here,
 * on whichever replica. What is read inside is what the one before has committed. It is an advisory lock and not one of
 * a row because at a sign-up there is no row yet, and because it keeps nobody from the athlete's activities.
 */
export function athleteTransaction<T>(db: Db, athleteId: StravaId, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCK_SPACE}, hashtext(${athleteId}))`)
    return work(tx)
  })
}
