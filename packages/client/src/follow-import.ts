import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { Send } from './call.ts'
import type { FetchResponse, Signal } from './platform.ts'
import { ProblemError } from './problem.ts'
import type { LiveMessage } from './schema.ts'
import { textOf } from './stream-text.ts'

interface FollowOptions {
  readonly signal?: Signal
  readonly lastEventId?: string
}

/** Until the next try, where the answer does not say it. */
const RETRY_MS = 3_000

/** Statuses that another try may help against. */
const PASSING = new Set([429, 500, 502, 503, 504])

/** Messages of one connection after the other, each asked for with the last `id`. Ends with the signal. */
export async function* followImport(
  send: Send,
  options: FollowOptions,
): AsyncGenerator<LiveMessage, void, undefined> {
  const { signal } = options
  let { lastEventId } = options
  while (!signal?.aborted) {
    let waitMs = RETRY_MS
    try {
      for await (const message of messagesOf(await connect(send, { ...options, lastEventId }))) {
        lastEventId = message.id ?? lastEventId
        const known = parse(message)
        if (known !== undefined) yield known
      }
    } catch (error) {
      if (error instanceof ProblemError) {
        if (!PASSING.has(error.status)) throw error
        waitMs = (error.retryAfterSeconds ?? RETRY_MS / 1_000) * 1_000
      }
      // Anything else is a broken connection, or a token that cannot be renewed now.
    }
    await pause(waitMs, signal)
  }
}

/** @throws ProblemError when the answer is no stream, and what `fetch` throws */
async function connect(
  send: Send,
  { signal, lastEventId }: { signal?: Signal; lastEventId: string | undefined },
) {
  const response = await send('/v1/import/events', {
    headers: {
      accept: 'text/event-stream',
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    ...(signal === undefined ? {} : { signal }),
  })
  if (!response.ok || response.body === null) throw await ProblemError.of(response)
  return response.body
}

async function* messagesOf(body: NonNullable<FetchResponse['body']>): AsyncGenerator<EventSourceMessage> {
  const messages: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (message) => messages.push(message) })
  for await (const text of textOf(body)) {
    parser.feed(text)
    yield* messages.splice(0)
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

/** Resolves after `ms`, or when the signal aborts. */
function pause(ms: number, signal: Signal | undefined): Promise<void> {
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
