import { traceHeaders } from '@ikigai/chassis/tracing'
import { ErrorCode, NatsError, headers as natsHeaders } from 'nats'
import type { Bus } from './connection.ts'
import { type PubAck, pubAckMuxOf } from './pub-ack-mux.ts'

/** A message for a stream. */
export interface StreamMessage {
  readonly subject: string
  /** JSON text, or bytes. */
  readonly body: string | Uint8Array
  /** Key of de-duplication within the stream's window: derived from the content of the message. */
  readonly messageId: string
  readonly headers?: Readonly<Record<string, string>>
  /** Expected last message id of the stream (`Nats-Expected-Last-Msg-Id`): otherwise the stream rejects this message. */
  readonly after?: string | undefined
  /** Time-out of the acknowledgement: ms; 5 seconds by default. */
  readonly timeoutMs?: number
}

/**
 * Stores a message in its stream and resolves once JetStream has it on disk.
 * @returns whether the stream already held a message with this id
 * @throws NatsError when there is no acknowledgement: the message may or may not be stored
 */
export async function publish(bus: Bus, message: StreamMessage): Promise<PubAck> {
  const headers = natsHeaders()
  // A trace header stored with the message names its cause; the current span is only that of the relay.
  for (const [name, value] of Object.entries({ ...traceHeaders(), ...message.headers }))
    headers.set(name, value)
  headers.set('Nats-Msg-Id', message.messageId)
  const { subject, body, after, timeoutMs = 5_000 } = message
  if (after !== undefined) headers.set('Nats-Expected-Last-Msg-Id', after)
  return await pubAckMuxOf(bus.nc, bus.inboxPrefix).publish(subject, body, { headers, timeoutMs })
}

const UNSENDABLE: readonly string[] = [
  ErrorCode.MaxPayloadExceeded,
  ErrorCode.BadHeader,
  ErrorCode.BadSubject,
]
/** `JSStreamMessageExceedsMaximumErr` of nats-server. */
const EXCEEDS_STREAMS_MAXIMUM = 10_054

/** Whether an error of {@link publish} is about the message itself, so that a retry cannot help. */
export function isUnsendable(error: unknown): error is NatsError {
  if (!(error instanceof NatsError)) return false
  return UNSENDABLE.includes(error.code) || error.api_error?.err_code === EXCEEDS_STREAMS_MAXIMUM
}

/** Whether an error of {@link publish} is about the connection or the servers: the message was not rejected. */
export function isOutage(error: unknown): boolean {
  if (error === undefined || isUnsendable(error)) return false
  return !(error instanceof NatsError && (error.code === ErrorCode.NoResponders || error.isJetStreamError()))
}
