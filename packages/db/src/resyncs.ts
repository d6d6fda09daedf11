import { and, eq, gt } from 'drizzle-orm'
import type { Db } from './client.ts'
import { resyncs } from './schema/activities.ts'

/**
 * Approves an athlete's quarantined deletions: a resync starts at once and deletes the activities that it misses too.
 * @returns whether any deletions were quarantined
 */
export async function approveQuarantined(db: Db, athleteId: string, now: Date): Promise<boolean> {
  const approved = await db
    .update(resyncs)
    .set({ approved: true, dueAt: now })
    .where(and(eq(resyncs.athleteId, athleteId), gt(resyncs.quarantined, 0)))
    .returning({ athleteId: resyncs.athleteId })
  return approved.length > 0
}
