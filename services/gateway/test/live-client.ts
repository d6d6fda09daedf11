import { ok } from 'node:assert/strict'
import { eventually } from '@ikigai/testkit'

/** One message of a stream of server-sent events. */
export interface Received {
  readonly event: string
  readonly id: string | undefined
  readonly data: Record<string, unknown>
}

/** A client of `/v1/import/events` that records the messages. */
export interface LiveClient {
  readonly messages: readonly Received[]
  readonly comments: number
  readonly ended: boolean
  /** The first message of this kind, from the given index on. */
  next(event: string, from?: number): Promise<Received>
  close(): void
}

/** Opens a stream. Rejects if the answer is not a stream. */
export async function follow(url: string, headers: Record<string, string>): Promise<LiveClient> {
  const leaving = new AbortController()
  const response = await fetch(url, { headers, signal: leaving.signal })
  ok(response.ok, `${response.status}`)
  ok(response.body)
  const messages: Received[] = []
  const state = { comments: 0, ended: false }
  const read = async (body: ReadableStream<Uint8Array>) => {
    let text = ''
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const message = parseMessage(block)
        if (message === undefined) state.comments += 1
        else messages.push(message)
      }
    }
  }
  void read(response.body)
    .catch(() => {})
    .finally(() => {
      state.ended = true
    })
  return {
    messages,
    get comments() {
      return state.comments
    },
    get ended() {
      return state.ended
    },
    next: async (event, from = 0) => {
      const find = () => messages.slice(from).find((message) => message.event === event)
      await eventually(() => find() !== undefined)
      const found = find()
      ok(found)
      return found
    },
    close: () => leaving.abort(),
  }
}

/** Parses the lines of a message; undefined for a comment. */
export function parseMessage(block: string): Received | undefined {
  const field = (name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2)
  const event = field('event')
  return event === undefined
    ? undefined
    : { event, id: field('id'), data: JSON.parse(field('data') ?? 'null') }
}
