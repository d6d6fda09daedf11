import type { ServerResponse } from 'node:http'

/** Headers as Fastify collects them. */
export type Headers = Readonly<Record<string, string | number | string[] | undefined>>

/** One message of a stream of server-sent events. */
export interface StreamMessage {
  readonly event: string
  readonly id?: number | undefined
  /** JSON text, in one line. */
  readonly data: string
}

/** Serializes a message. */
export const frameOf = ({ event, id, data }: StreamMessage): string =>
  `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`

/** A client with more unread bytes is disconnected; it reconnects and resumes. */
const MAX_UNREAD_BYTES = 65_536

/** An open stream of server-sent events. */
export interface EventStream {
  /** Sends a frame without waiting; disconnects a client that does not read. */
  send(frame: string): void
  end(): void
}

/** Starts the stream. `onClosed` is called once when it has ended. */
export function openEventStream(
  response: ServerResponse,
  headers: Headers,
  onClosed: () => void,
): EventStream {
  response.once('close', onClosed)
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) response.setHeader(name, value)
  }
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'private, no-store, no-transform',
    // Disables buffering in nginx.
    'x-accel-buffering': 'no',
  })
  response.flushHeaders()
  return {
    send(frame) {
      if (response.writableEnded || response.destroyed) return
      response.write(frame)
      if (response.writableLength > MAX_UNREAD_BYTES) response.destroy()
    },
    end: () => response.end(),
  }
}
