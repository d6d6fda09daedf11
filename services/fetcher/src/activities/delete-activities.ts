import type { StravaId } from '@ikigai/contracts'
import { activities, activityTombstones, type Tx } from '@ikigai/db'
import { enqueue } from '@ikigai/outbox'
import { and, eq, lte, or, type SQL, sql } from 'drizzle-orm'
import { isInFuture } from '../clocks/ahead.ts'
import { deletionMessage } from './activity-events.ts'

const BATCH_SIZE = 1_000

/**
 * Deletes activities that Strava no longer has, and leaves tombstones, so that no older answer restores them.
 * Activities observed after `goneAt` (when the call that did not find them was sent) stay.
 * @param which condition on the athlete's activities
 * @returns the number of deleted activities
 */
export async function deleteActivities(
  tx: Tx,
  athleteId: StravaId,
  which: SQL,
  { goneAt, now }: { readonly goneAt: Date; readonly now: Date },
): Promise<number> {
  const erased = await tx
    .delete(activities)
    .where(
      and(
        eq(activities.athleteId, athleteId),
        or(lte(activities.observedAt, goneAt), isInFuture(activities.observedAt, now)),
        which,
      ),
    )
    .returning({ id: activities.id, hiddenAt: activities.hiddenAt })
  for (let start = 0; start < erased.length; start += BATCH_SIZE) {
    await tx
      .insert(activityTombstones)
      .values(
        erased.slice(start, start + BATCH_SIZE).map(({ id }) => ({
          activityId: id,
          athleteId,
          // No event reported this deletion, so every event about the activity is newer.
          eventTime: 0,
          recordedAt: goneAt,
          confirmed: true,
        })),
      )
      .onConflictDoUpdate({
        target: activityTombstones.activityId,
        set: {
          athleteId,
          confirmed: true,
          recordedAt: sql`case when ${isInFuture(activityTombstones.recordedAt, now)} then excluded.recorded_at
            else greatest(${activityTombstones.recordedAt}, excluded.recorded_at) end`,
        },
      })
  }
  const shown = erased.filter(({ hiddenAt }) => hiddenAt === null)
  await enqueue(
    tx,
    shown.map(({ id }) => deletionMessage(athleteId, id, now)),
  )
  return erased.length
}
