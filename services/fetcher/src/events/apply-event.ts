import type { StravaId } from '@ikigai/contracts'
import { activities, activityColumns, activityTombstones, type Tx, toActivity } from '@ikigai/db'
import { enqueue, eventMessage } from '@ikigai/outbox'
import { isCoarserType, type StravaWebhookEvent } from '@ikigai/strava'
import { and, count, eq, isNotNull, sql } from 'drizzle-orm'
import { deletionMessage } from '../activities/activity-events.ts'
import type { LockedAthlete } from '../activities/athlete-lock.ts'
import { CLOCK_MARGIN_MS, latestPlausible } from '../clocks/ahead.ts'
import { catchUpOf, type Work } from '../schedule/schedule.ts'
import { type EventCheck, mayHide } from './event-budget.ts'
import type { StoredState } from './processed-events.ts'

/** The inputs of applying an event, as they were before it. */
export interface EventContext {
  readonly stored: StoredState | undefined
  readonly check: EventCheck
  readonly now: Date
}

/**
 * Applies an event about an activity (a new title, a change of visibility, a deletion) before Strava has confirmed it. A call
 * follows all the same ({@link workOf}), because anybody can send an event. Beyond the athlete's budget nothing is applied,
 * and one list call verifies all events.
 * Events arrive late and out of order: an event is ignored if a later `event_time` or a later answer of Strava's is stored.
 */
export async function applyActivityEvent(
  tx: Tx,
  athlete: LockedAthlete,
  reported: StravaWebhookEvent,
  { stored: row, check, now }: EventContext,
): Promise<void> {
  if (check === 'list') return
  const event = { ...reported, eventTime: limitedToNow(reported.eventTime, now) }
  if (row !== undefined && isStale(row, event, now)) return
  if (event.aspectType === 'delete') await hide(tx, athlete.id, event, row, now)
  else if (row !== undefined) await showUpdates(tx, athlete, event, row, now)
}

/** The call that verifies an event. */
export const workOf = ({ ownerId, objectId }: StravaWebhookEvent, check: EventCheck): Work =>
  check === 'list' ? catchUpOf(ownerId) : { lane: 'webhook', athleteId: ownerId, activityId: objectId }

/** `event_time`, but not later than now: a forged time in the future would make all later events seem outdated. */
const limitedToNow = (eventTime: number, now: Date) =>
  Math.min(eventTime, Math.floor((now.getTime() + CLOCK_MARGIN_MS) / 1_000))

/** Whether the stored row is newer than the event. Stored times in the future were forged or written by a wrong clock: ignored. */
function isStale(row: StoredState, { eventTime }: StravaWebhookEvent, now: Date): boolean {
  const isPlausible = (at: number) => at <= latestPlausible(now).getTime()
  const confirmedAt = row.confirmedAt.getTime()
  const isSuperseded = isPlausible(confirmedAt) && (eventTime + 1) * 1_000 + CLOCK_MARGIN_MS <= confirmedAt
  return isSuperseded || (isPlausible(row.eventTime * 1_000) && eventTime < row.eventTime)
}

/**
 * Hides an activity until Strava confirms the deletion, or returns the activity again. At most a few activities of an athlete
 * are hidden at once: others stay visible until Strava's answer, which then deletes them.
 */
async function hide(
  tx: Tx,
  athleteId: StravaId,
  { objectId, eventTime }: Pick<StravaWebhookEvent, 'objectId' | 'eventTime'>,
  row: StoredState | undefined,
  now: Date,
): Promise<void> {
  await tx
    .insert(activityTombstones)
    .values({ activityId: objectId, athleteId, eventTime, recordedAt: now })
    .onConflictDoUpdate({
      target: activityTombstones.activityId,
      set: { eventTime: sql`greatest(${activityTombstones.eventTime}, ${eventTime})`, recordedAt: now },
    })
  if (row === undefined || (row.hiddenAt === null && !mayHide(await countHidden(tx, athleteId)))) return
  await tx
    .update(activities)
    .set({ hiddenAt: now, observedAt: now, eventTime })
    .where(eq(activities.id, objectId))
  if (row.hiddenAt === null) await enqueue(tx, [deletionMessage(athleteId, objectId, now)])
}

async function countHidden(tx: Tx, athleteId: StravaId): Promise<number> {
  const [row] = await tx
    .select({ hidden: count() })
    .from(activities)
    .where(and(eq(activities.athleteId, athleteId), isNotNull(activities.hiddenAt)))
  return row?.hidden ?? 0
}

/**
 * Removes tombstones of activities that exist according to these later events, for example after the athlete made them private
 * and visible again. Otherwise a 404, which Strava may answer for a while, would confirm the earlier deletion.
 */
export async function removeRefutedTombstones(
  tx: Tx,
  events: readonly StravaWebhookEvent[],
  now: Date,
): Promise<void> {
  const existing = events.filter(({ aspectType }) => aspectType !== 'delete')
  if (existing.length === 0) return
  const named = existing.map(({ objectId, eventTime }) => [objectId, limitedToNow(eventTime, now)])
  await tx.execute(sql`
    delete from ${activityTombstones} where activity_id = any (array(
      select t.activity_id from jsonb_array_elements(${JSON.stringify(named)}::jsonb) as item(event), lateral (
        select activity_id, event_time from ${activityTombstones} where activity_id = (event->>0)::bigint offset 0) as t
      where t.event_time <= (event->>1)::bigint))`)
}

/**
 * Applies `updates`, which holds texts: `title`, `type` and `private` (Strava API docs, "Webhook events"). `type` is the older,
 * coarser field: it is ignored if it is the older name of the stored sport type. A change drops the stored detail; the call
 * that follows fetches it again.
 */
async function showUpdates(
  tx: Tx,
  athlete: LockedAthlete,
  event: StravaWebhookEvent,
  row: StoredState,
  now: Date,
): Promise<void> {
  const { objectId, eventTime, updates } = event
  const isPrivate = updates['private']
  // Without this scope Strava no longer returns the activity to us, so it is hidden.
  if (isPrivate === 'true' && !athlete.scopes.includes('activity:read_all')) {
    await hide(tx, athlete.id, event, row, now)
    return
  }
  const { title, type } = updates
  const changed = {
    name: title ?? row.name,
    sportType: type === undefined || isCoarserType(type, row.sportType) ? row.sportType : type,
    private: isPrivate === 'true' || (isPrivate !== 'false' && row.private),
  }
  const isChanged =
    changed.name !== row.name || changed.sportType !== row.sportType || changed.private !== row.private
  await tx
    .update(activities)
    .set({ ...changed, ...(isChanged ? { detail: null, detailAt: null } : {}), observedAt: now, eventTime })
    .where(eq(activities.id, objectId))
  if (!isChanged || row.hiddenAt !== null) return
  const [shown] = await tx
    .select(activityColumns(new Date(0)))
    .from(activities)
    .where(eq(activities.id, objectId))
  if (shown === undefined) return
  await enqueue(tx, [eventMessage('activity.updated', athlete.id, { activity: toActivity(shown) }, now)])
}
