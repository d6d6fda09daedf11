import { randomUUID } from 'node:crypto'
import { traceHeaders } from '@ikigai/chassis/tracing'
import {
  CLOUD_EVENT_SOURCE,
  cloudEventType,
  type EventData,
  type EventType,
  eventSubject,
  type StravaId,
} from '@ikigai/contracts'
import { outbox, type Tx } from '@ikigai/db'
import { sql } from 'drizzle-orm'

/** A message to be published after the commit. */
export type OutboxMessage = Omit<typeof outbox.$inferInsert, 'createdAt'>

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

/** Transactions that have added messages. */
const enqueuing = new WeakSet<Tx>()

/** Whether a transaction has added messages, so that the relay has to be woken after its commit. */
export const hasMessages = (tx: Tx): boolean => enqueuing.has(tx)

/** Adds messages to the outbox as part of the transaction: they are published if and only if it commits. */
export async function enqueue(tx: Tx, messages: readonly OutboxMessage[]): Promise<void> {
  const trace = traceHeaders()
  const rows = messages.map(({ athleteId, subject, messageId, headers, body }) => [
    athleteId,
    subject,
    messageId,
    { ...trace, ...headers },
    body,
  ])
  if (rows.length === 0) return
  enqueuing.add(tx)
  await tx.execute(sql`
    insert into ${outbox} (athlete_id, subject, message_id, headers, body)
    select (message->>0)::bigint, message->>1, message->>2, message->3, message->>4
    from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) with ordinality as item(message, place)
    order by place`)
}
