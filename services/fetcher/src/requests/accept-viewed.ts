import type { StravaId } from '@ikigai/contracts'
import { activities, fetchQueue, type Tx } from '@ikigai/db'
import { and, eq, isNull, lt, or } from 'drizzle-orm'
import { schedule } from '../schedule/schedule.ts'

/** Further views of an activity within this time are ignored: ms. */
const MIN_VIEW_INTERVAL_MS = 600_000

/** Records that an activity was viewed, so that its detail is fetched before others, and queues the athlete for that now. */
export async function acceptViewed(
  tx: Tx,
  athleteId: StravaId,
  activityId: StravaId,
  now: Date,
): Promise<void> {
  const seen = await tx
    .update(activities)
    .set({ viewedAt: now })
    .where(
      and(
        eq(activities.id, activityId),
        eq(activities.athleteId, athleteId),
        or(
          isNull(activities.viewedAt),
          lt(activities.viewedAt, new Date(now.getTime() - MIN_VIEW_INTERVAL_MS)),
        ),
      ),
    )
    .returning({ detailAt: activities.detailAt })
  if (seen.length === 0 || seen[0]?.detailAt !== null) return
  const [waiting] = await tx
    .select({ lane: fetchQueue.lane })
    .from(fetchQueue)
    .where(
      and(
        eq(fetchQueue.lane, 'enrich'),
        eq(fetchQueue.athleteId, athleteId),
        eq(fetchQueue.attempts, 0),
        isNull(fetchQueue.leasedBy),
        isNull(fetchQueue.deadAt),
      ),
    )
  if (waiting !== undefined) await schedule(tx, [{ lane: 'enrich', athleteId }], now)
}
