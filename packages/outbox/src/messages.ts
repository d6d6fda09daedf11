import { randomUUID } from 'node:crypto'
import { fetchSubject } from '@ikigai/bus'
import {
  CLOUD_EVENT_SOURCE,
  cloudEventType,
  type EventData,
  type EventType,
  eventSubject,
  type Lane,
  type StravaId,
} from '@ikigai/contracts'
import { type outbox, type Tx, outbox as table } from '@ikigai/db'
import { traceHeaders } from '@ikigai/tracing'

/** A message to be sent once the transaction has committed. */
export type OutboxMessage = typeof outbox.$inferInsert

/** An event for other teams, as a CloudEvent in binary mode. */
export function eventMessage<T extends EventType>(
  type: T,
  athleteId: StravaId,
  data: EventData<T>,
  at: Date,
): OutboxMessage {
  const id = randomUUID()
  const headers = {
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-type': cloudEventType(type),
    'ce-source': CLOUD_EVENT_SOURCE,
    'ce-subject': athleteId,
    'ce-time': at.toISOString(),
    'Content-Type': 'application/json',
  }
  return {
    athleteId,
    subject: eventSubject(type, athleteId),
    messageId: id,
    headers,
    body: JSON.stringify(data),
  }
}

/** A turn of a lane: whoever takes it serves the lane's next job, be it this one or another. `activityId` 0: none. */
export function turnMessage(lane: Lane, athleteId: StravaId, activityId: StravaId): OutboxMessage {
  return {
    athleteId,
    subject: fetchSubject(lane, athleteId, activityId),
    messageId: randomUUID(),
    headers: {},
    body: '{}',
  }
}

/** Owes these messages to NATS as part of the transaction: they leave if and only if it commits. */
export async function enqueue(tx: Tx, messages: readonly OutboxMessage[]): Promise<void> {
  const trace = traceHeaders()
  const traced = messages.map((message) => ({ ...message, headers: { ...trace, ...message.headers } }))
  for (let start = 0; start < traced.length; start += 1_000) {
    await tx.insert(table).values(traced.slice(start, start + 1_000))
  }
}
