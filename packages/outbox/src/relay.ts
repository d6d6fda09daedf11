import type { Bus } from '@ikigai/bus'
import type { Db } from '@ikigai/db'
import type { Logger } from 'pino'
import { drain, isEmpty } from './drain.ts'

/** Publishes the messages of the outbox. */
export interface Relay {
  /** Publishes new messages at once. Call it after the commit. */
  wake(): void
  /** Publishes all messages. Rejects when NATS or Postgres is unavailable, or a message cannot be published. */
  flush(): Promise<void>
  /** Resolves after the batch in progress. */
  stop(): Promise<void>
}

/** Options of a relay. */
export interface RelayOptions {
  readonly db: Db
  readonly bus: Bus
  readonly logger: Logger
  /** Poll interval for rows whose writer crashed before {@link Relay.wake}: ms; 1 second by default. */
  readonly idleMs?: number
}

/**
 * Publishes messages; over all replicas one relay at a time. A row is deleted after its PubAck, so after a crash a
 * message is published again with the same id and none is lost. Messages with the same ordering key (an athlete) are published
 * in the order of their ids, which is the order of the changes, because their writers lock the athlete's row.
 */
export function startRelay({ db, bus, logger, idleMs = 1_000 }: RelayOptions): Relay {
  const stopping = new AbortController()
  let isWoken = false
  let endPause = () => {}

  const loop = async () => {
    while (!stopping.signal.aborted) {
      const wasWoken = isWoken
      isWoken = false
      try {
        if (wasWoken || !(await isEmpty(db))) {
          const { blocked, failure } = await drain({ db, bus, logger }, stopping.signal)
          if (blocked > 0) logger.warn({ err: failure, blocked }, 'outbox: messages blocked')
          else if (isWoken) continue
        }
      } catch (error) {
        logger.warn({ err: error }, 'outbox: publishing failed; trying again')
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, idleMs)
        endPause = () => {
          clearTimeout(timer)
          resolve()
        }
        if (isWoken || stopping.signal.aborted) endPause()
      })
    }
  }
  const looping = loop()
  return {
    wake: () => {
      isWoken = true
      endPause()
    },
    flush: async () => {
      const { failure } = await drain({ db, bus, logger })
      if (failure !== undefined) throw failure
    },
    stop: async () => {
      stopping.abort()
      endPause()
      await looping
    },
  }
}
