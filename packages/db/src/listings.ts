import { and, eq, gt } from 'drizzle-orm'
import type { Db } from './client.ts'
import { listings } from './schema/activities.ts'

/**
 * An operator believes what the last listing of an athlete lacked to be gone: another one begins at once, and what it
 * lacks too is erased.
 * @returns whether anything was held
 */
export async function releaseHeld(db: Db, athleteId: string, now: Date): Promise<boolean> {
  const released = await db
    .update(listings)
    .set({ released: true, dueAt: now })
    .where(and(eq(listings.athleteId, athleteId), gt(listings.held, 0)))
    .returning({ athleteId: listings.athleteId })
  return released.length > 0
}
