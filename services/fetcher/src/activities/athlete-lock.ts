import type { StravaId } from '@ikigai/contracts'
import { athletes, type Db, type Tx } from '@ikigai/db'
import { eq } from 'drizzle-orm'

/** The athlete as a writer finds him. */
export type LockedAthlete = Pick<typeof athletes.$inferSelect, 'id' | 'scopes' | 'connectedAt'>

/**
 * Runs a change of an athlete's data: one at a time for each athlete, so that his events leave in the order of
 * what they tell, and not at all once he has been erased.
 * @returns undefined when there is no such athlete
 */
export function changeAthlete<T>(
  db: Db,
  athleteId: StravaId,
  change: (tx: Tx, athlete: LockedAthlete) => Promise<T>,
): Promise<T | undefined> {
  return db.transaction(async (tx) => {
    const { id, scopes, connectedAt } = athletes
    const [athlete] = await tx
      .select({ id, scopes, connectedAt })
      .from(athletes)
      .where(eq(athletes.id, athleteId))
      .for('no key update')
    return athlete === undefined ? undefined : change(tx, athlete)
  })
}
