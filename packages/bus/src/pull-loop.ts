import { pause } from '@ikigai/chassis/async'
import type { Consumer, ConsumerMessages, JsMsg } from 'nats'
import type { Bus } from './connection.ts'

/** Messages requested and not yet delivered. */
export interface PullLoop {
  /** Requests `count` messages. The server holds the request until there are messages. */
  ask(count: number): void
  /** Messages requested and not delivered. */
  asked(): number
  /** Resolves when a request has ended, when no message is requested any more, or when {@link changed} is called. */
  nextChange(): Promise<void>
  changed(): void
  /** Stops pulling, and naks messages that still arrive. */
  stop(): Promise<void>
}

const EXPIRES_MS = 10_000
const RETRY_MS = 500

/** Pulls from a durable consumer, several at a time. A failed pull counts as requested until it may be repeated. */
export function createPullLoop(
  bus: Bus,
  { stream, consumer: name }: { readonly stream: string; readonly consumer: string },
  onMessage: (message: JsMsg) => void,
): PullLoop {
  const stopping = new AbortController()
  const open = new Set<ConsumerMessages>()
  const pulls = new Set<Promise<void>>()
  let asked = 0
  let consumer: Promise<Consumer> | undefined
  let notify = () => {}
  let change = renew()

  function renew(): Promise<void> {
    return new Promise((resolve) => {
      notify = resolve
    })
  }

  function changed(): void {
    notify()
    change = renew()
  }

  async function pull(count: number): Promise<void> {
    let left = count
    try {
      consumer ??= bus.js.consumers.get(stream, name)
      const messages = await (await consumer).fetch({ max_messages: count, expires: EXPIRES_MS })
      open.add(messages)
      try {
        if (stopping.signal.aborted) messages.stop()
        for await (const message of messages) {
          left -= 1
          asked -= 1
          if (stopping.signal.aborted) message.nak()
          else onMessage(message)
          if (asked === 0) changed()
        }
      } finally {
        open.delete(messages)
      }
    } catch (error) {
      consumer = undefined
      if (!stopping.signal.aborted)
        bus.logger.warn({ err: error, consumer: name }, 'pull failed; trying again')
      await pause(RETRY_MS, stopping.signal)
    }
    asked -= left
    changed()
  }

  return {
    ask(count) {
      asked += count
      const pulling = pull(count).finally(() => pulls.delete(pulling))
      pulls.add(pulling)
    },
    asked: () => asked,
    nextChange: () => change,
    changed,
    async stop() {
      stopping.abort()
      for (const messages of open) messages.stop()
      changed()
      await Promise.all(pulls)
    },
  }
}
