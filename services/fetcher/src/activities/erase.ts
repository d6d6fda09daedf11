import type { StravaId } from '@ikigai/contracts'
import { activities, activityTombstones, type Tx } from '@ikigai/db'
import { enqueue } from '@ikigai/outbox'
import { and, eq, lte, or, type SQL, sql } from 'drizzle-orm'
import { isAhead } from '../clocks/ahead.ts'
import { announceDeleted } from './announce.ts'

const AT_ONCE = 1_000

/**
 * Erases activities of an athlete that Strava says are gone, and leaves tombstones, so that no older answer brings
 * them back. What became known after `goneAt` (when the call was sent that says so) stays.
 * @returns how many were erased
 */
export async function eraseGone(
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
        or(lte(activities.observedAt, goneAt), isAhead(activities.observedAt, now)),
        which,
      ),
    )
    .returning({ id: activities.id, hiddenAt: activities.hiddenAt })
  for (let start = 0; start < erased.length; start += AT_ONCE) {
    await tx
      .insert(activityTombstones)
      .values(
        erased.slice(start, start + AT_ONCE).map(({ id }) => ({
          activityId: id,
          athleteId,
          // It is no event's: any event after it makes us ask.
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
          recordedAt: sql`case when ${isAhead(activityTombstones.recordedAt, now)} then excluded.recorded_at
            else greatest(${activityTombstones.recordedAt}, excluded.recorded_at) end`,
        },
      })
  }
  const shown = erased.filter(({ hiddenAt }) => hiddenAt === null)
  await enqueue(
    tx,
    shown.map(({ id }) => announceDeleted(athleteId, id, now)),
  )
  return erased.length
}
