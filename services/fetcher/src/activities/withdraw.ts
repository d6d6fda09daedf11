import type { StravaId } from '@ikigai/contracts'
import { activities, activityColumns, idIn, type Tx, toActivity } from '@ikigai/db'
import { enqueue, eventMessage, type OutboxMessage } from '@ikigai/outbox'
import { and, eq, isNotNull, isNull, or } from 'drizzle-orm'
import { announceDeleted } from './announce.ts'
import type { LockedAthlete } from './athlete-lock.ts'

/** With this scope Strava shows private activities, and what lies in privacy zones (Strava API docs, "Authentication"). */
const READ_ALL = 'activity:read_all'

const AT_ONCE = 1_000

/**
 * Removes what an athlete who has connected anew may no longer allow to be seen. Without {@link READ_ALL} that is his
 * private activities and, because they may have been fetched with it, whatever of the others may show a privacy zone:
 * the route, the detail, Strava's own document. To be done before anything is stored under the new permission, which
 * brings all of it again as far as it is allowed.
 */
export async function withdrawUnseen(tx: Tx, athlete: LockedAthlete, now: Date): Promise<void> {
  if (athlete.scopes.includes(READ_ALL)) return
  const removed = await tx
    .delete(activities)
    .where(and(eq(activities.athleteId, athlete.id), eq(activities.private, true)))
    .returning({ id: activities.id, hiddenAt: activities.hiddenAt })
  const reduced = await tx
    .update(activities)
    .set({ summaryPolyline: null, summary: null, detail: null, detailAt: null })
    .where(
      and(
        eq(activities.athleteId, athlete.id),
        or(
          isNotNull(activities.summaryPolyline),
          isNotNull(activities.summary),
          isNotNull(activities.detail),
        ),
      ),
    )
    .returning({ id: activities.id })
  const shown = removed.filter(({ hiddenAt }) => hiddenAt === null)
  await enqueue(tx, [
    ...shown.map(({ id }) => announceDeleted(athlete.id, id, now)),
    ...(await announceReduced(
      tx,
      athlete.id,
      reduced.map(({ id }) => id),
      now,
    )),
  ])
}

async function announceReduced(
  tx: Tx,
  athleteId: StravaId,
  ids: readonly StravaId[],
  now: Date,
): Promise<OutboxMessage[]> {
  const messages: OutboxMessage[] = []
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const rows = await tx
      .select(activityColumns(new Date(0)))
      .from(activities)
      .where(and(idIn(activities.id, ids.slice(start, start + AT_ONCE)), isNull(activities.hiddenAt)))
    messages.push(
      ...rows.map((row) => eventMessage('activity.updated', athleteId, { activity: toActivity(row) }, now)),
    )
  }
  return messages
}
