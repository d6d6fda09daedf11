import type { FetchRequestBody } from '@ikigai/bus'
import { imports, type Tx } from '@ikigai/db'
import { eq } from 'drizzle-orm'
import type { LockedAthlete } from '../activities/athlete-lock.ts'
import { recordArrivals, schedule } from '../schedule/schedule.ts'

/**
 * Starts the import of the athlete's current connection, unless it has started, and queues the first page. A connection
 * has one import, however often it is requested; the import stores when the athlete connected.
 * @returns whether the first page is stored already, so that the caller has to reply
 */
export async function acceptSignUp(
  tx: Tx,
  athlete: LockedAthlete,
  { reply_to: replyTo, urgent = true }: FetchRequestBody<'signup'>,
  now: Date,
): Promise<boolean> {
  const { id: athleteId, connectedAt } = athlete
  const [row] = await tx
    .select({ generation: imports.generation, pages: imports.pages, connectedAt: imports.connectedAt })
    .from(imports)
    .where(eq(imports.athleteId, athleteId))
    .for('update')
  const hasBegun =
    row !== undefined && (row.connectedAt === null || row.connectedAt.getTime() === connectedAt.getTime())
  if (hasBegun && row.pages > 0) return true
  if (!hasBegun) {
    const fresh = {
      state: 'queued' as const,
      generation: (row?.generation ?? 0) + 1,
      pages: 0,
      cursorBefore: null,
      cursorPage: 1,
      waitReason: null,
      waitUntil: null,
      publishedEta: null,
      connectedAt,
      startedAt: now,
      updatedAt: now,
      completedAt: null,
    }
    await tx
      .insert(imports)
      .values({ athleteId, ...fresh })
      .onConflictDoUpdate({ target: imports.athleteId, set: fresh })
    recordArrivals(tx, 'signup', 1)
  }
  await schedule(tx, [urgent ? { lane: 'signup', athleteId, replyTo } : { lane: 'backfill', athleteId }], now)
  return false
}
