import { inSpan, SpanKind } from '@ikigai/tracing'
import { type ConsumerMessages, type JsMsg, NatsError } from 'nats'
import type { Bus } from './connection.ts'
import { carrierOf } from './trace-carrier.ts'

/** What a handler decides about a message. Waiting is not failing: `return` puts it back as it was. */
export type Verdict =
  | { readonly verdict: 'done' }
  | { readonly verdict: 'return'; readonly delayMs: number }
  | { readonly verdict: 'discard'; readonly reason: string }

/** The message is dealt with. */
export const done: Verdict = { verdict: 'done' }
/** The message goes back to its queue, for any replica, after a delay. */
export const giveBack = (delayMs = 0): Verdict => ({ verdict: 'return', delayMs })
/** The message is dropped for good; whoever says so has recorded it elsewhere. */
export const discard = (reason: string): Verdict => ({ verdict: 'discard', reason })

/** How a durable pull consumer is worked off. */
export interface WorkOptions {
  readonly stream: string
  readonly consumer: string
  /** Messages under way at once, and pulled at once. */
  readonly concurrency: number
  /** Awaited before each pull: a closed gate pulls nothing, so nothing is held while it waits. */
  readonly gate?: (signal: AbortSignal) => Promise<void>
  /** Must not throw for what it expects; what it throws puts the message back after `errorDelayMs`. */
  readonly handle: (message: JsMsg, signal: AbortSignal) => Promise<Verdict>
  /** 2 seconds by default. */
  readonly errorDelayMs?: number
}

/** A consumer being worked off. */
export interface Work {
  /** Pulls no more, gives back what was not begun, waits for what is under way. */
  stop(): Promise<void>
}

const PULL_EXPIRES_MS = 10_000
const EXTEND_EVERY_MS = 10_000
const RETRY_MS = 500

/**
 * Works off a durable pull consumer: pulls no more than it can begin, tells the server that long work is still
 * under way, and ends every message in an acknowledgement of some kind. It survives the loss of the connection
 * and of the consumer.
 */
export function work(bus: Bus, options: WorkOptions): Work {
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  let pulling: ConsumerMessages | undefined

  const loop = async () => {
    while (!stopping.signal.aborted) {
      try {
        await options.gate?.(stopping.signal)
        if (stopping.signal.aborted) return
        const free = options.concurrency - running.size
        if (free <= 0) {
          await Promise.race(running)
          continue
        }
        const consumer = await bus.js.consumers.get(options.stream, options.consumer)
        pulling = await consumer.fetch({ max_messages: free, expires: PULL_EXPIRES_MS })
        if (stopping.signal.aborted) pulling.stop()
        for await (const message of pulling) begin(message)
      } catch (error) {
        if (stopping.signal.aborted) return
        bus.logger.warn({ err: error, consumer: options.consumer }, 'pull failed; trying again')
        await pause(RETRY_MS, stopping.signal)
      }
    }
  }

  const begin = (message: JsMsg) => {
    if (stopping.signal.aborted) {
      message.nak()
      return
    }
    const task = settle(bus, message, options, stopping.signal).finally(() => running.delete(task))
    running.add(task)
  }

  const looping = loop()
  return {
    stop: async () => {
      stopping.abort()
      pulling?.stop()
      await looping
      await Promise.all(running)
    },
  }
}

async function settle(bus: Bus, message: JsMsg, options: WorkOptions, signal: AbortSignal): Promise<void> {
  const extend = setInterval(() => message.working(), EXTEND_EVERY_MS)
  try {
    const span = {
      kind: SpanKind.CONSUMER,
      attributes: { 'messaging.system': 'nats', 'messaging.consumer.group.name': options.consumer },
      parent: carrierOf(message.headers),
    }
    const verdict = await inSpan(`process ${options.stream}`, span, () => options.handle(message, signal))
    if (verdict.verdict === 'done') message.ack()
    else if (verdict.verdict === 'return') message.nak(verdict.delayMs)
    else message.term(verdict.reason)
  } catch (error) {
    bus.logger.error({ err: error, subject: message.subject }, 'message handler failed')
    message.nak(error instanceof NatsError ? RETRY_MS : (options.errorDelayMs ?? 2_000))
  } finally {
    clearInterval(extend)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    signal.addEventListener('abort', wake, { once: true })
  })
}
