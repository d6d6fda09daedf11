import { inSpan, SpanKind } from '@ikigai/chassis/tracing'
import { type JsMsg, NatsError } from 'nats'
import type { Bus } from './connection.ts'
import { pause } from './pause.ts'
import { createPullLoop } from './pull-loop.ts'
import { carrierOf } from './trace-carrier.ts'

/** What a handler decides about a message. Waiting is not failing: `return` puts it back as it was. */
export type Disposition =
  | { readonly disposition: 'ack' }
  | { readonly disposition: 'nak'; readonly delayMs: number }
  | { readonly disposition: 'term'; readonly reason: string }

/** The message is dealt with. */
export const ack: Disposition = { disposition: 'ack' }
/** The message goes back to its queue, for any replica, after a delay. */
export const nak = (delayMs = 0): Disposition => ({ disposition: 'nak', delayMs })
/** The message is dropped for good; whoever says so has recorded it elsewhere. */
export const term = (reason: string): Disposition => ({ disposition: 'term', reason })

/** How a durable pull consumer is worked off. */
export interface ConsumeOptions {
  readonly stream: string
  readonly consumer: string
  /** Messages under way at once, and pulled at once. */
  readonly concurrency: number
  /** Awaited before each pull: a closed gate pulls nothing, so nothing is held while it waits. */
  readonly waitForCapacity?: (signal: AbortSignal) => Promise<void>
  /** Must not throw for what it expects; what it throws puts the message back after `errorDelayMs`. */
  readonly handle: (message: JsMsg, signal: AbortSignal) => Promise<Disposition>
  /** 2 seconds by default. */
  readonly errorDelayMs?: number
  /** How often the server is told that work is under way: well below the consumer's `ack_wait`; 10 seconds by default. */
  readonly heartbeatIntervalMs?: number
}

/** A consumer being worked off. */
export interface Consumer {
  /** Pulls no more, gives back what was not begun, waits for what is under way. */
  stop(): Promise<void>
}

const HEARTBEAT_INTERVAL_MS = 10_000
const RETRY_MS = 500

/**
 * Works off a durable pull consumer: pulls no more than it can begin, tells the server that long work is still
 * under way, and ends every message in an acknowledgement of some kind. For every place that becomes free there is a
 * pull at once, whatever the others do, so that a message that comes waits for nothing. It survives the loss of the
 * connection and of the consumer.
 */
export function consume(bus: Bus, options: ConsumeOptions): Consumer {
  const stopping = new AbortController()
  const { signal } = stopping
  const running = new Set<Promise<void>>()
  const pulls = createPullLoop(bus, options, (message) => {
    const task = handleMessage(bus, message, options, signal).finally(() => {
      running.delete(task)
      pulls.changed()
    })
    running.add(task)
  })

  const loop = async () => {
    while (!signal.aborted) {
      try {
        const change = pulls.nextChange()
        const isFree = () => options.concurrency - running.size - pulls.asked() > 0
        if (isFree()) await options.waitForCapacity?.(signal)
        if (signal.aborted) return
        if (isFree()) pulls.ask(options.concurrency - running.size - pulls.asked())
        await change
      } catch (error) {
        bus.logger.warn({ err: error, consumer: options.consumer }, 'gate failed; trying again')
        await pause(RETRY_MS, signal)
      }
    }
  }
  const looping = loop()
  return {
    stop: async () => {
      stopping.abort()
      await pulls.stop()
      await looping
      await Promise.all(running)
    },
  }
}

async function handleMessage(
  bus: Bus,
  message: JsMsg,
  options: ConsumeOptions,
  signal: AbortSignal,
): Promise<void> {
  const extend = setInterval(() => message.working(), options.heartbeatIntervalMs ?? HEARTBEAT_INTERVAL_MS)
  try {
    const span = {
      kind: SpanKind.CONSUMER,
      attributes: { 'messaging.system': 'nats', 'messaging.consumer.group.name': options.consumer },
      parent: carrierOf(message.headers),
    }
    const result = await inSpan(`process ${options.stream}`, span, () => options.handle(message, signal))
    if (result.disposition === 'ack') message.ack()
    else if (result.disposition === 'nak') message.nak(result.delayMs)
    else {
      bus.logger.warn({ subject: message.subject, reason: result.reason }, 'message discarded')
      // Without the reason: a server before 2.10.4 does not take one, and would deliver the message again.
      message.term()
    }
  } catch (error) {
    bus.logger.error({ err: error, subject: message.subject }, 'message handler failed')
    message.nak(error instanceof NatsError ? RETRY_MS : (options.errorDelayMs ?? 2_000))
  } finally {
    clearInterval(extend)
  }
}
