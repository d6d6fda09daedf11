import type { StravaId } from '@ikigai/contracts'
import { athletes, type Db, idIn, type Tx } from '@ikigai/db'
import { readingRights } from '@ikigai/strava'
import { asc, eq } from 'drizzle-orm'

/** The locked row of an athlete. */
export type LockedAthlete = Pick<typeof athletes.$inferSelect, 'id' | 'scopes' | 'connectedAt'>

/**
 * Runs a change of an athlete's data under the lock of the athlete's row, so that events are published in the order of the
 * changes, and nothing is stored after an erasure.
 * @param under scopes that an answer was given under: if the athlete's reading scopes are others now, the answer is not
 * stored, and the import that the new scopes start fetches it again
 * @returns undefined if there is no such athlete, or the reading scopes are others now
 */
export function withAthleteLock<T>(
  db: Db,
  athleteId: StravaId,
  change: (tx: Tx, athlete: LockedAthlete) => Promise<T>,
  under?: readonly string[],
): Promise<T | undefined> {
  return withAthleteLockAndRead(db, athleteId, change, under, async () => undefined)
}

/** As {@link withAthleteLock}. @param read queries sent right after the lock without waiting for it, and run under it */
export function withAthleteLockAndRead<T, Read>(
  db: Db,
  athleteId: StravaId,
  change: (tx: Tx, athlete: LockedAthlete, read: Read) => Promise<T>,
  under: readonly string[] | undefined,
  read: (tx: Tx) => Promise<Read>,
): Promise<T | undefined> {
  return db.transaction(async (tx) => {
    const { id, scopes, connectedAt } = athletes
    // Sent now: a query that is not executed yet is sent when it is awaited, which would be behind the others.
    const locking = tx
      .select({ id, scopes, connectedAt })
      .from(athletes)
      .where(eq(athletes.id, athleteId))
      .for('no key update')
      .execute()
    const [[athlete], known] = await Promise.all([locking, read(tx)])
    if (
      athlete === undefined ||
      (under !== undefined && readingRights(under) !== readingRights(athlete.scopes))
    )
      return undefined
    return change(tx, athlete, known)
  })
}

/**
 * Locks several athletes, as {@link withAthleteLock} does one, without waiting.
 * @returns existing athletes that were not locked by others
 */
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
