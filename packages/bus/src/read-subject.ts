import type { JsMsg } from 'nats'
import type { Bus } from './connection.ts'

const BATCH_SIZE = 500
/** How long the server waits for messages before it answers an empty pull (ms). */
const EXPIRES_MS = 2_000

/**
 * Reads the messages that a stream holds for a subject, oldest first, through an ephemeral ordered consumer.
 *
 * @param subject may contain wildcards
 * @throws NatsError, when the stream is missing for example
 */
export async function readSubject(
  bus: Bus,
  { stream, subject }: { readonly stream: string; readonly subject: string },
  onMessage: (message: JsMsg) => void,
): Promise<void> {
  const consumer = await bus.js.consumers.get(stream, { filterSubjects: subject })
  for (;;) {
    let read = 0
    for await (const message of await consumer.fetch({ max_messages: BATCH_SIZE, expires: EXPIRES_MS })) {
      read += 1
      onMessage(message)
      if (message.info.pending === 0) return
    }
    if (read === 0) return
  }
}
