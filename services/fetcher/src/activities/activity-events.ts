import type { StravaId } from '@ikigai/contracts'
import { toActivity } from '@ikigai/db'
import { eventMessage, type OutboxMessage } from '@ikigai/outbox'
import type { Changes } from './upsert.ts'

/** The outbox messages for stored changes. Sends nothing. */
export function changeMessages(
  athleteId: StravaId,
  { created, updated }: Changes,
  at: Date,
): OutboxMessage[] {
  return [
    ...created.map((row) => eventMessage('activity.created', athleteId, { activity: toActivity(row) }, at)),
    ...updated.map((row) => eventMessage('activity.updated', athleteId, { activity: toActivity(row) }, at)),
  ]
}

/** The outbox message for a deleted activity. */
export const deletionMessage = (athleteId: StravaId, id: StravaId, at: Date): OutboxMessage =>
  eventMessage('activity.deleted', athleteId, { id, athlete_id: athleteId }, at)
