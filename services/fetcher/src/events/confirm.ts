import type { StravaId } from '@ikigai/contracts'
import { listings, processedEvents, type Tx } from '@ikigai/db'
import { and, eq, gt, sql } from 'drizzle-orm'
import { schedule } from '../schedule/schedule.ts'

/** How what an event says is confirmed: a call for the activity, or a listing of them all, which shows 200 a call. */
export type Confirmation = 'call' | 'listing'

/** What {@link WINDOW_MS} may bring of an athlete before it is a flood, be it forged or an upload of a whole archive. */
const CALLS = { unknown: 10, stored: 30 }
const WINDOW_MS = 900_000
/** Two listings of an athlete that events ask for are at least so far apart. */
const LISTINGS_APART_MS = 3_600_000

/**
 * @param recent events of the athlete in the last quarter of an hour, this one among them
 * @param isStored whether the activity is one that we have: who forges events has to guess it
 */
export function confirmationOf(recent: number, isStored: boolean): Confirmation {
  return recent <= (isStored ? CALLS.stored : CALLS.unknown) ? 'call' : 'listing'
}

/** Has Strava asked about an activity that an event named, at a cost that no number of events can raise. */
export async function confirm(
  tx: Tx,
  what: { readonly athleteId: StravaId; readonly activityId: StravaId; readonly isStored: boolean },
  now: Date,
): Promise<void> {
  const { athleteId, activityId, isStored } = what
  const recent = await recentEvents(tx, athleteId, now)
  if (confirmationOf(recent, isStored) === 'call')
    return schedule(tx, [{ lane: 'webhook', athleteId, activityId }], now)
  const at = now.toISOString()
  await tx
    .update(listings)
    .set({
      dueAt: sql`least(${listings.dueAt}, greatest(${at}::timestamptz,
        coalesce(${listings.startedAt} + ${LISTINGS_APART_MS} * interval '1 millisecond', ${at}::timestamptz)))`,
    })
    .where(and(eq(listings.athleteId, athleteId), eq(listings.state, 'idle')))
}

async function recentEvents(tx: Tx, athleteId: StravaId, now: Date): Promise<number> {
  const rows = await tx
    .select({ key: processedEvents.key })
    .from(processedEvents)
    .where(
      and(
        eq(processedEvents.athleteId, athleteId),
        gt(processedEvents.processedAt, new Date(now.getTime() - WINDOW_MS)),
      ),
    )
    .limit(CALLS.stored + 1)
  return rows.length
}
