import type { Bus } from '@ikigai/bus'
import type { Db } from '@ikigai/db'
import type { Logger } from 'pino'
import { holdsAny, sendWaiting } from './send.ts'

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
 * Sends messages, by one relay at a time over all replicas. A message leaves the table after its PubAck, so a crash repeats
 * it with the same id and loses none. Events of one athlete leave one after the other, in the order of their ids, which is
 * that of the athlete's changes: whoever writes them holds the lock of the athlete's row.
 */
export function startRelay({ db, bus, logger, idleMs = 1_000 }: RelayOptions): Relay {
  const stopping = new AbortController()
  let kicked = false
  let wake = () => {}

  const loop = async () => {
    while (!stopping.signal.aborted) {
      const isAsked = kicked
      kicked = false
      try {
        if (isAsked || (await holdsAny(db))) {
          const { held, failure } = await sendWaiting({ db, bus, logger }, stopping.signal)
          if (held > 0) logger.warn({ err: failure, held }, 'outbox: messages held back')
          else if (kicked) continue
        }
      } catch (error) {
        logger.warn({ err: error }, 'outbox: sending failed; trying again')
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
    flush: async () => {
      const { failure } = await sendWaiting({ db, bus, logger })
      if (failure !== undefined) throw failure
    },
    stop: async () => {
      stopping.abort()
      wake()
      await looping
    },
  }
}
