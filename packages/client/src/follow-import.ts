import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { ProblemError } from './problem.ts'
import type { components } from './schema.ts'

/** One message of the stream; `event` tells what `data` is. */
export type LiveMessage = components['schemas']['LiveMessage']

/** What a stream is asked with. */
export interface FollowRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly fetch: typeof globalThis.fetch
  readonly signal?: AbortSignal
  readonly lastEventId?: string
}

/** Until the next try, where the answer does not say it. */
const RETRY_MS = 3_000

/** Statuses that another try may help against. */
const PASSING = new Set([429, 500, 502, 503, 504])

/** Messages of one connection after the other, each asked for with the last `id`. Ends with the signal. */
export async function* followImport(request: FollowRequest): AsyncGenerator<LiveMessage, void, undefined> {
  const { signal } = request
  let { lastEventId } = request
  while (!signal?.aborted) {
    let waitMs = RETRY_MS
    try {
      for await (const message of await connect(request, lastEventId)) {
        lastEventId = message.id ?? lastEventId
        const known = parse(message)
        if (known !== undefined) yield known
      }
    } catch (error) {
      if (error instanceof ProblemError) {
        if (!PASSING.has(error.status)) throw error
        waitMs = (error.retryAfterSeconds ?? RETRY_MS / 1_000) * 1_000
      }
      // Anything else is a connection that broke off.
    }
    await pause(waitMs, signal)
  }
}

/** @throws ProblemError when the answer is no stream, and what `fetch` throws */
async function connect(request: FollowRequest, lastEventId: string | undefined) {
  const { url, fetch, signal } = request
  const headers = {
    ...request.headers,
    accept: 'text/event-stream',
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  }
  const response = await fetch(url, { headers, ...(signal === undefined ? {} : { signal }) })
  if (!response.ok || response.body === null) throw new ProblemError(response, await bodyOf(response))
  return messagesOf(response.body)
}

/** Leaving the loop closes the connection. Not every browser can iterate over a stream itself. */
async function* messagesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<EventSourceMessage> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const messages: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (message) => messages.push(message) })
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      parser.feed(decoder.decode(read.value, { stream: true }))
      yield* messages.splice(0)
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** Messages that later versions may add are left out. The API's own tests hold it to its schemas. */
function parse({ event, id, data }: EventSourceMessage): LiveMessage | undefined {
  const named = id === undefined ? {} : { id }
  switch (event) {
    case 'import':
    case 'activity':
    case 'reload':
      return { event, ...named, data: JSON.parse(data) }
    default:
      return undefined
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    return undefined
  }
}

/** Resolves after so many milliseconds, or with the signal. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}
