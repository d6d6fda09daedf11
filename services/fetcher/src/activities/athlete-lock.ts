import type { StravaId } from '@ikigai/contracts'
import { athletes, type Db, idIn, type Tx } from '@ikigai/db'
import { readingRights } from '@ikigai/strava'
import { asc, eq } from 'drizzle-orm'

/** The athlete as a writer finds him. */
export type LockedAthlete = Pick<typeof athletes.$inferSelect, 'id' | 'scopes' | 'connectedAt'>

/**
 * Runs a change of an athlete's data: one at a time for each athlete, so that his events leave in the order of
 * what they tell, and not at all once he has been erased.
 * @param under scopes that an answer of Strava's came under: once the athlete lets us read something else, it is not stored,
 * and the import that begins with that asks anew
 * @returns undefined when there is no such athlete, or the reading rights are others by now
 */
export function changeAthlete<T>(
  db: Db,
  athleteId: StravaId,
  change: (tx: Tx, athlete: LockedAthlete) => Promise<T>,
  under?: readonly string[],
): Promise<T | undefined> {
  return changeAthleteKnowing(db, athleteId, change, under, async () => undefined)
}

/** As {@link changeAthlete}. @param read sent right behind the lock, without waiting for it, and run under it */
export function changeAthleteKnowing<T, Read>(
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
 * Locks several athletes, as {@link changeAthlete} does one, and waits for none.
 * @returns those who are here and were not locked
 */
export const lockAthletes = (tx: Tx, ids: readonly StravaId[]): Promise<LockedAthlete[]> =>
  tx
    .select({ id: athletes.id, scopes: athletes.scopes, connectedAt: athletes.connectedAt })
    .from(athletes)
    .where(idIn(athletes.id, ids))
    .orderBy(asc(athletes.id))
    .for('no key update', { skipLocked: true })
    .execute()

/** What an athlete allows; undefined when there is no such athlete. */
export async function scopesOf(db: Db, athleteId: StravaId): Promise<readonly string[] | undefined> {
  const [row] = await db.select({ scopes: athletes.scopes }).from(athletes).where(eq(athletes.id, athleteId))
  return row?.scopes
}
