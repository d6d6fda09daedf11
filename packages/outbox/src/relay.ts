import type { Bus } from '@ikigai/bus'
import type { Db } from '@ikigai/db'
import type { Logger } from 'pino'
import { QUEUES, type Queue } from './queues.ts'
import { sendWaiting } from './send.ts'

/** Sends what transactions have left in the outbox. */
export interface Relay {
  /** Says that something was committed: send it now. */
  kick(): void
  /** Sends all there is. Rejects when NATS or Postgres does not take part, or a message cannot be sent. */
  flush(): Promise<void>
  /** Ends after the batch under way. */
  stop(): Promise<void>
}

/** What a relay works with. */
export interface RelayOptions {
  readonly db: Db
  readonly bus: Bus
  readonly logger: Logger
  /** How soon a row is sent that nobody kicked for, because its writer crashed; 1 second by default. */
  readonly idleMs?: number
}

/**
 * Sends messages, jobs and events apart from each other, each by one relay at a time over all replicas. A message leaves
 * the table after its PubAck, so a crash repeats it with the same id and loses none. Events of one athlete leave one
 * after the other, in the order of their ids, which is that of his changes: whoever writes them holds his row's lock.
 */
export function startRelay(options: RelayOptions): Relay {
  const loops = QUEUES.map((queue) => startLoop(queue, options))
  return {
    kick: () => {
      for (const loop of loops) loop.kick()
    },
    flush: async () => {
      const left = await Promise.all(QUEUES.map((queue) => sendWaiting(queue, options)))
      const held = left.find(({ failure }) => failure !== undefined)
      if (held !== undefined) throw held.failure
    },
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()))
    },
  }
}

function startLoop(queue: Queue, { db, bus, logger, idleMs = 1_000 }: RelayOptions) {
  const stopping = new AbortController()
  let kicked = false
  let wake = () => {}

  const loop = async () => {
    while (!stopping.signal.aborted) {
      kicked = false
      try {
        const { held, failure } = await sendWaiting(queue, { db, bus, logger }, stopping.signal)
        if (held > 0) logger.warn({ err: failure, queue: queue.name, held }, 'outbox: messages held back')
        else if (kicked) continue
      } catch (error) {
        logger.warn({ err: error, queue: queue.name }, 'outbox: sending failed; trying again')
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, idleMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
        if (kicked || stopping.signal.aborted) wake()
      })
    }
  }
  const looping = loop()
  return {
    kick: () => {
      kicked = true
      wake()
    },
    stop: async () => {
      stopping.abort()
      wake()
      await looping
    },
  }
}
