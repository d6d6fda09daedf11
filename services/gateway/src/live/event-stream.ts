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

/** A message as it travels. */
export const frameOf = ({ event, id, data }: StreamMessage): string =>
  `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`

/** A client that has read so little is cut off: it connects again and goes on where it was. */
const MOST_UNREAD_BYTES = 65_536

/** An open answer of server-sent events. */
export interface EventStream {
  /** Sends a frame. It never waits: a client that does not read is cut off. */
  send(frame: string): void
  end(): void
}

/** Begins the answer. `onClosed` is called once, however it ends. */
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
    // For nginx, which would hold back what is small.
    'x-accel-buffering': 'no',
  })
  response.flushHeaders()
  return {
    send(frame) {
      if (response.writableEnded || response.destroyed) return
      response.write(frame)
      if (response.writableLength > MOST_UNREAD_BYTES) response.destroy()
    },
    end: () => response.end(),
  }
}
