import { traceHeaders } from '@ikigai/tracing'
import { headers as natsHeaders } from 'nats'
import type { Bus } from './connection.ts'

/** A message for a stream. */
export interface StreamMessage {
  readonly subject: string
  /** JSON text, or bytes as they came. */
  readonly body: string | Uint8Array
  /** De-duplicates within the stream's window, so it says what the message means. */
  readonly messageId: string
  readonly headers?: Readonly<Record<string, string>>
  /** How long the acknowledgement may take; 5 seconds by default. */
  readonly timeoutMs?: number
}

/**
 * Stores a message in its stream and resolves once JetStream has it on disk.
 * @returns whether the stream already held a message with this id
 * @throws NatsError when there is no acknowledgement: the message may or may not be stored
 */
export async function publish(bus: Bus, message: StreamMessage): Promise<{ duplicate: boolean }> {
  const headers = natsHeaders()
  // What was written with the message tells more of its cause than whoever sends it.
  for (const [name, value] of Object.entries({ ...traceHeaders(), ...message.headers }))
    headers.set(name, value)
  const ack = await bus.js.publish(message.subject, message.body, {
    msgID: message.messageId,
    headers,
    timeout: message.timeoutMs ?? 5_000,
  })
  return { duplicate: ack.duplicate }
}
