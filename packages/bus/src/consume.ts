import { pause } from '@ikigai/chassis/async'
import { failed, inSpan, SpanKind } from '@ikigai/chassis/tracing'
import { type JsMsg, NatsError } from 'nats'
import type { Bus } from './connection.ts'
import { createPullLoop } from './pull-loop.ts'
import { carrierOf } from './trace-carrier.ts'

/** How a handler settles a message, in JetStream's terms. `nak` redelivers it after a delay; `term` drops it. */
export type Disposition =
  | { readonly disposition: 'ack' }
  | { readonly disposition: 'nak'; readonly delayMs: number }
  | { readonly disposition: 'term'; readonly reason: string }

/** The message is processed. */
export const ack: Disposition = { disposition: 'ack' }
/** The message is redelivered, to any replica, after a delay. */
export const nak = (delayMs = 0): Disposition => ({ disposition: 'nak', delayMs })
/** The message is dropped for good. The handler has recorded it elsewhere. */
export const term = (reason: string): Disposition => ({ disposition: 'term', reason })

/** Options of {@link consume}. */
export interface ConsumeOptions {
  readonly stream: string
  readonly consumer: string
  /** Maximum number of messages in progress, and of messages pulled at a time. */
  readonly concurrency: number
  /** Backpressure: awaited before each pull, so no message is held while it waits. */
  readonly waitForCapacity?: (signal: AbortSignal) => Promise<void>
  /** An error naks the message with a delay of `errorDelayMs`. */
  readonly handle: (message: JsMsg, signal: AbortSignal) => Promise<Disposition>
  /** 2 seconds by default. */
  readonly errorDelayMs?: number
  /** Interval of in-progress acknowledgements: well below the consumer's `ack_wait`; 10 seconds by default. */
  readonly heartbeatIntervalMs?: number
}

/** A running consumer. */
export interface Consumer {
  /** Stops pulling, naks messages that were not started, and waits for the others. */
  stop(): Promise<void>
}

const HEARTBEAT_INTERVAL_MS = 10_000
const RETRY_MS = 500

/**
 * Consumes a durable pull consumer: pulls no more than it can start, sends in-progress acknowledgements for long
 * work, and settles every message. While there is a free slot, at least one message is requested, so that a new one does not
 * wait for the others; requests are combined. Survives the loss of the connection and of the consumer.
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
        const free = () => options.concurrency - running.size - pulls.asked()
        const mayAsk = () => free() > 0 && (pulls.asked() === 0 || free() >= options.concurrency / 2)
        if (mayAsk()) await options.waitForCapacity?.(signal)
        if (signal.aborted) return
        if (mayAsk()) pulls.ask(free())
        await change
      } catch (error) {
        bus.logger.warn(
          { err: error, consumer: options.consumer },
          'waiting for capacity failed; trying again',
        )
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
  const span = {
    kind: SpanKind.CONSUMER,
    attributes: { 'messaging.system': 'nats', 'messaging.consumer.group.name': options.consumer },
    parent: carrierOf(message.headers),
  }
  try {
    await inSpan(`process ${options.stream}`, span, async (active) => {
      try {
        settle(bus, message, await options.handle(message, signal))
      } catch (error) {
        failed(active, error)
        bus.logger.error({ err: error, subject: message.subject }, 'message handler failed')
        message.nak(error instanceof NatsError ? RETRY_MS : (options.errorDelayMs ?? 2_000))
      }
    })
  } finally {
    clearInterval(extend)
  }
}

function settle(bus: Bus, message: JsMsg, result: Disposition): void {
  if (result.disposition === 'ack') message.ack()
  else if (result.disposition === 'nak') message.nak(result.delayMs)
  else {
    bus.logger.warn({ subject: message.subject, reason: result.reason }, 'message discarded')
    // Without a reason: servers before 2.10.4 do not accept one and would deliver the message again.
    message.term()
  }
}
