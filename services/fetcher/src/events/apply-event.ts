import type { StravaId } from '@ikigai/contracts'
import { activities, activityColumns, activityTombstones, type Tx, toActivity } from '@ikigai/db'
import { enqueue, eventMessage } from '@ikigai/outbox'
import { isCoarserType, type StravaWebhookEvent } from '@ikigai/strava'
import { and, count, eq, isNotNull, sql } from 'drizzle-orm'
import { announceDeleted } from '../activities/announce.ts'
import type { LockedAthlete } from '../activities/athlete-lock.ts'
import { aheadOf, CLOCK_MARGIN_MS } from '../clocks/ahead.ts'
import { catchUpOf, type Work } from '../schedule/schedule.ts'
import type { StoredState } from './claims.ts'
import { type EventCheck, mayHide } from './event-budget.ts'

/** The state before an event is applied. */
export interface EventContext {
  readonly stored: StoredState | undefined
  readonly check: EventCheck
  readonly now: Date
}

/**
 * Lets an event about an activity show at once: a new title, a change of visibility, a deletion. Strava is asked all the same ({@link workOf}),
 * because an event says only that something changed, and proves nothing. Beyond the athlete's budget nothing shows before
 * Strava has confirmed it, and one list call asks about all events.
 * Events come late and out of order: what one says counts only if nothing later is known, be it an event of a later
 * `event_time` or an answer of Strava's from after it.
 */
export async function applyActivityEvent(
  tx: Tx,
  athlete: LockedAthlete,
  told: StravaWebhookEvent,
  { stored: row, check, now }: EventContext,
): Promise<void> {
  if (check === 'list') return
  const event = { ...told, eventTime: believable(told.eventTime, now) }
  const isKnown = row !== undefined && knowsLater(row, event, now)
  if (isKnown) return
  if (event.aspectType === 'delete') await hide(tx, athlete.id, event, row, now)
  else if (row !== undefined) await showUpdates(tx, athlete, event, row, now)
}

/** The work by which Strava is asked about an event. */
export const workOf = ({ ownerId, objectId }: StravaWebhookEvent, check: EventCheck): Work =>
  check === 'list' ? catchUpOf(ownerId) : { lane: 'webhook', athleteId: ownerId, activityId: objectId }

/** Limits `event_time` to now: a forged time in the future would make all later events seem outdated. */
const believable = (eventTime: number, now: Date) =>
  Math.min(eventTime, Math.floor((now.getTime() + CLOCK_MARGIN_MS) / 1_000))

/** A stored time in the future was forged or written by a wrong clock, and is ignored. */
function knowsLater(row: StoredState, { eventTime }: StravaWebhookEvent, now: Date): boolean {
  const isPast = (at: number) => at <= aheadOf(now).getTime()
  const confirmedAt = row.confirmedAt.getTime()
  const isOver = isPast(confirmedAt) && (eventTime + 1) * 1_000 + CLOCK_MARGIN_MS <= confirmedAt
  return isOver || (isPast(row.eventTime * 1_000) && eventTime < row.eventTime)
}

/**
 * Takes an activity from view until Strava confirms that it is gone, or shows it again. Of one athlete only a few at once:
 * the others stay in view until Strava has been asked, which then erases them without another delay.
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
  if (row.hiddenAt === null) await enqueue(tx, [announceDeleted(athleteId, objectId, now)])
}

async function countHidden(tx: Tx, athleteId: StravaId): Promise<number> {
  const [row] = await tx
    .select({ hidden: count() })
    .from(activities)
    .where(and(eq(activities.athleteId, athleteId), isNotNull(activities.hiddenAt)))
  return row?.hidden ?? 0
}

/**
 * Activities that were reported gone before these events are there again: hidden and shown, for one. Strava may not find
 * them at once, which is then no confirmation of the earlier reports.
 */
export async function endEarlierReports(
  tx: Tx,
  events: readonly StravaWebhookEvent[],
  now: Date,
): Promise<void> {
  const there = events.filter(({ aspectType }) => aspectType !== 'delete')
  if (there.length === 0) return
  const named = there.map(({ objectId, eventTime }) => [objectId, believable(eventTime, now)])
  await tx.execute(sql`
    delete from ${activityTombstones} t using jsonb_array_elements(${JSON.stringify(named)}::jsonb) as item(event)
    where t.activity_id = (event->>0)::bigint and t.event_time <= (event->>1)::bigint`)
}

/**
 * `updates` holds texts: `title`, `type` and `private` (Strava API docs, "Webhook events"). `type` is the older, coarser field,
 * which says nothing new of a sport type that it is another word for. Detail from before a change is dropped: the call that
 * follows brings it anew.
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
  const told = {
    name: title ?? row.name,
    sportType: type === undefined || isCoarserType(type, row.sportType) ? row.sportType : type,
    private: isPrivate === 'true' || (isPrivate !== 'false' && row.private),
  }
  const isChanged = told.name !== row.name || told.sportType !== row.sportType || told.private !== row.private
  await tx
    .update(activities)
    .set({ ...told, ...(isChanged ? { detail: null, detailAt: null } : {}), observedAt: now, eventTime })
    .where(eq(activities.id, objectId))
  if (!isChanged || row.hiddenAt !== null) return
  const [shown] = await tx
    .select(activityColumns(new Date(0)))
    .from(activities)
    .where(eq(activities.id, objectId))
  if (shown === undefined) return
  await enqueue(tx, [eventMessage('activity.updated', athlete.id, { activity: toActivity(shown) }, now)])
}
