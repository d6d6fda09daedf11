import { setTimeout as delay } from 'node:timers/promises'
import { type ConsumerMessages, DeliverPolicy, type JsMsg } from 'nats'
import type { Bus } from './connection.ts'

/** Options of {@link tailStream}. */
export interface TailOptions {
  readonly stream: string
  readonly subject: string
  /** Number of the stream's last messages to read at the start. */
  readonly lookback: number
  /** Called when reading starts, or restarts, at a sequence: `onMessage` gets every message from there on, in order. */
  readonly onStart: (sequence: number) => void
  /** Must not throw. */
  readonly onMessage: (message: JsMsg) => void
}

/** A running tail of a stream. */
export interface StreamTail {
  /** Whether messages arrive as they are stored; false during an outage and before the start. */
  isLive(): boolean
  stop(): Promise<void>
}

const RETRY_MS = 500

/**
 * Reads a stream in order and without gaps through an ordered consumer, from shortly before now. Resumes after an outage of
 * NATS; restarts if the stream was created again.
 */
export function tailStream(bus: Bus, options: TailOptions): StreamTail {
  const { stream, subject, lookback: backlog, onStart, onMessage } = options
  const stopping = new AbortController()
  let messages: ConsumerMessages | undefined
  let newest: number | undefined
  let failing = false
  let live = false

  /** The sequence to read next: after the last one read, unless the stream was created again. */
  const place = async () => {
    const jsm = await bus.nc.jetstreamManager()
    const { last_seq: last } = (await jsm.streams.info(stream)).state
    if (newest !== undefined && newest <= last) return newest + 1
    const start = Math.max(1, last - backlog + 1)
    newest = start - 1
    onStart(start)
    return start
  }

  const read = async () => {
    const consumer = await bus.js.consumers.get(stream, {
      filterSubjects: subject,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: await place(),
    })
    messages = await consumer.consume({ max_messages: 500 })
    live = true
    if (failing) bus.logger.info({ stream }, 'the stream is followed again')
    failing = false
    for await (const message of messages) {
      if (stopping.signal.aborted) return
      newest = message.seq
      onMessage(message)
    }
  }

  const loop = async () => {
    while (!stopping.signal.aborted) {
      try {
        await read()
        live = false
      } catch (error) {
        live = false
        if (!failing) bus.logger.warn({ err: error, stream }, 'the stream cannot be followed; trying again')
        failing = true
        await delay(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
  }

  const watchConnection = async () => {
    for await (const { type } of bus.nc.status()) {
      if (stopping.signal.aborted) return
      if (type === 'disconnect') live = false
      // The consumer may be gone with the server, which the client would notice only much later.
      if (type === 'reconnect') messages?.stop()
    }
  }

  const looping = loop()
  void watchConnection()
  return {
    isLive: () => live,
    stop: async () => {
      stopping.abort()
      messages?.stop()
      await looping
    },
  }
}
