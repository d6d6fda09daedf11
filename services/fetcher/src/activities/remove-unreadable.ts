import type { StravaId } from '@ikigai/contracts'
import { activities, activityColumns, idIn, type Tx, toActivity } from '@ikigai/db'
import { enqueue, eventMessage, type OutboxMessage } from '@ikigai/outbox'
import { and, eq, isNotNull, isNull, or } from 'drizzle-orm'
import { deletionMessage } from './activity-events.ts'
import type { LockedAthlete } from './athlete-lock.ts'

/** With this scope Strava returns private activities and data inside privacy zones (Strava API docs, "Authentication"). */
const READ_ALL = 'activity:read_all'

const BATCH_SIZE = 1_000

/**
 * Removes data that the scopes of a new connection no longer cover. Without {@link READ_ALL} these are the private
 * activities and, of the others, everything that may show a privacy zone: route, detail and Strava's document, which may
 * have been fetched with that scope. Runs before anything is stored under the new scopes; the import that follows fetches
 * again whatever they allow.
 */
export async function removeUnreadable(tx: Tx, athlete: LockedAthlete, now: Date): Promise<void> {
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
    ...shown.map(({ id }) => deletionMessage(athlete.id, id, now)),
    ...(await reductionMessages(
      tx,
      athlete.id,
      reduced.map(({ id }) => id),
      now,
    )),
  ])
}

async function reductionMessages(
  tx: Tx,
  athleteId: StravaId,
  ids: readonly StravaId[],
  now: Date,
): Promise<OutboxMessage[]> {
  const messages: OutboxMessage[] = []
  for (let start = 0; start < ids.length; start += BATCH_SIZE) {
    const rows = await tx
      .select(activityColumns(new Date(0)))
      .from(activities)
      .where(and(idIn(activities.id, ids.slice(start, start + BATCH_SIZE)), isNull(activities.hiddenAt)))
    messages.push(
      ...rows.map((row) => eventMessage('activity.updated', athleteId, { activity: toActivity(row) }, now)),
    )
  }
  return messages
}
