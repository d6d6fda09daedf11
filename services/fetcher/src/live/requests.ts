import { randomUUID } from 'node:crypto'
import type { StravaId } from '@ikigai/contracts'
import { liveRequests, type Tx } from '@ikigai/db'
import { enqueue, jobMessage, type OutboxMessage } from '@ikigai/outbox'
import { and, eq, sql } from 'drizzle-orm'

/** A fetch that waits: see `live_requests`. */
export type LiveRequest = typeof liveRequests.$inferSelect

/** The job of a live request. */
export const liveJob = (athleteId: StravaId, activityId: StravaId): OutboxMessage =>
  jobMessage('live', athleteId, randomUUID(), { activityId })

/** Asks for an activity to be fetched: one job, however many events ask before it has run. */
export async function requestLive(
  tx: Tx,
  athleteId: StravaId,
  activityId: StravaId,
  now: Date,
): Promise<void> {
  const [row] = await tx
    .insert(liveRequests)
    .values({ activityId, athleteId, requestedAt: now })
    .onConflictDoUpdate({
      target: liveRequests.activityId,
      set: { version: sql`${liveRequests.version} + 1` },
    })
    .returning({ version: liveRequests.version })
  if (row?.version === 1) await enqueue(tx, [liveJob(athleteId, activityId)])
}

/** Ends a request, unless an event came during its call: then it is asked again. */
export async function endLive(tx: Tx, request: LiveRequest, now: Date): Promise<void> {
  const { activityId, athleteId, version } = request
  const ended = await tx
    .delete(liveRequests)
    .where(and(eq(liveRequests.activityId, activityId), eq(liveRequests.version, version)))
    .returning({ version: liveRequests.version })
  if (ended.length > 0) return
  await tx.delete(liveRequests).where(eq(liveRequests.activityId, activityId))
  await requestLive(tx, athleteId, activityId, now)
}
