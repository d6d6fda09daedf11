import type { StravaId } from '@ikigai/contracts'
import { athletes, type Db, idIn, type Tx } from '@ikigai/db'
import { readingRights } from '@ikigai/strava'
import { asc, eq } from 'drizzle-orm'

/** The locked row of an athlete. */
export type LockedAthlete = Pick<typeof athletes.$inferSelect, 'id' | 'scopes' | 'connectedAt'>

/**
 * Changes an athlete's data in a transaction that locks the athlete's row, so that events are published in the order of the
 * changes, and nothing is stored after an erasure.
 * @param under the scopes of the token that an answer was fetched with. If the athlete's reading scopes have changed since, the
 * answer is not stored; the import that the new scopes start fetches it again
 * @returns undefined if there is no such athlete, or the reading scopes have changed
 */
export function withAthleteLock<T>(
  db: Db,
  athleteId: StravaId,
  change: (tx: Tx, athlete: LockedAthlete) => Promise<T>,
  under?: readonly string[],
): Promise<T | undefined> {
  return withAthleteLockAndRead(db, athleteId, change, under, async () => undefined)
}

/** {@link withAthleteLockAndRead} for a database. */
export type ChangeAthlete = <T, Read>(
  athleteId: StravaId,
  change: (tx: Tx, athlete: LockedAthlete, read: Read) => Promise<T>,
  under: readonly string[] | undefined,
  read: (tx: Tx) => Promise<Read>,
) => Promise<T | undefined>

/** As {@link withAthleteLock}. @param read queries that are pipelined behind the locking statement, so they run under the lock */
export function withAthleteLockAndRead<T, Read>(
  db: Db,
  athleteId: StravaId,
  change: (tx: Tx, athlete: LockedAthlete, read: Read) => Promise<T>,
  under: readonly string[] | undefined,
  read: (tx: Tx) => Promise<Read>,
): Promise<T | undefined> {
  return db.transaction(async (tx) => {
    const { id, scopes, connectedAt } = athletes
    // `execute` sends it now, before the queries of `read`. Otherwise Drizzle would send it only when it is awaited.
    const locking = tx
      .select({ id, scopes, connectedAt })
      .from(athletes)
      .where(eq(athletes.id, athleteId))
      .for('no key update')
      .execute()
    const [[athlete], known] = await Promise.all([locking, read(tx)])
    if (athlete === undefined || !hasSameRights(athlete, under)) return undefined
    return change(tx, athlete, known)
  })
}

/** Whether the athlete's reading scopes are those of the token that an answer was fetched with. */
export const hasSameRights = ({ scopes }: LockedAthlete, under: readonly string[] | undefined): boolean =>
  under === undefined || readingRights(under) === readingRights(scopes)

/** Locks several athletes without waiting. @returns those that exist and are not locked by another transaction */
export const lockAthletes = (tx: Tx, ids: readonly StravaId[]): Promise<LockedAthlete[]> =>
  tx
    .select({ id: athletes.id, scopes: athletes.scopes, connectedAt: athletes.connectedAt })
    .from(athletes)
    .where(idIn(athletes.id, ids))
    .orderBy(asc(athletes.id))
    .for('no key update', { skipLocked: true })
    .execute()

/** An athlete's scopes; undefined if there is no such athlete. */
export async function scopesOf(db: Db, athleteId: StravaId): Promise<readonly string[] | undefined> {
  const [row] = await db.select({ scopes: athletes.scopes }).from(athletes).where(eq(athletes.id, athleteId))
  return row?.scopes
}
