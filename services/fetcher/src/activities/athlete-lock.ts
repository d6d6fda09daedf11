import type { StravaId } from '@ikigai/contracts'
import { athletes, type Db, type Tx } from '@ikigai/db'
import { readingRights } from '@ikigai/strava'
import { eq } from 'drizzle-orm'

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
  return db.transaction(async (tx) => {
    const { id, scopes, connectedAt } = athletes
    const [athlete] = await tx
      .select({ id, scopes, connectedAt })
      .from(athletes)
      .where(eq(athletes.id, athleteId))
      .for('no key update')
    if (
      athlete === undefined ||
      (under !== undefined && readingRights(under) !== readingRights(athlete.scopes))
    )
      return undefined
    return change(tx, athlete)
  })
}

/** What an athlete allows; undefined when there is no such athlete. */
export async function scopesOf(db: Db, athleteId: StravaId): Promise<readonly string[] | undefined> {
  const [row] = await db.select({ scopes: athletes.scopes }).from(athletes).where(eq(athletes.id, athleteId))
  return row?.scopes
}
