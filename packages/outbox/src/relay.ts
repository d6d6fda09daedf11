import { type Bus, publish } from '@ikigai/bus'
import { type Db, outbox } from '@ikigai/db'
import { asc, inArray, sql } from 'drizzle-orm'
import type { Logger } from 'pino'

/** Sends what transactions have left in the outbox. */
export interface Relay {
  /** Says that something was committed: send it now. */
  kick(): void
  /** Sends all there is. Rejects when NATS or Postgres does not take part. */
  flush(): Promise<void>
  /** Ends after the batch under way. */
  stop(): Promise<void>
}

/** Any fixed number: the relay that sends holds this advisory lock, so that messages leave in order. */
const LOCK_KEY = 4_154_815_122
const BATCH = 500

/**
 * Sends messages in the order of their ids, one relay at a time over all replicas. A message leaves the table
 * after its PubAck and in the same transaction, so a crash repeats it with the same id and loses none.
 * A committed row that nobody kicked for (its writer crashed) leaves within `idleMs`.
 */
export function startRelay(options: { db: Db; bus: Bus; logger: Logger; idleMs?: number }): Relay {
  const { db, bus, logger, idleMs = 1_000 } = options
  let stopped = false
  let kicked = false
  let wake = () => {}

  const loop = async () => {
    while (!stopped) {
      kicked = false
      try {
        const sent = await sendBatch(db, bus)
        if (sent === BATCH || kicked) continue
      } catch (error) {
        logger.warn({ err: error }, 'outbox: sending failed; trying again')
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, idleMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
        if (kicked || stopped) wake()
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
      while ((await sendBatch(db, bus)) > 0);
    },
    stop: async () => {
      stopped = true
      wake()
      await looping
    },
  }
}

async function sendBatch(db: Db, bus: Bus): Promise<number> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCK_KEY})`)
    const rows = await tx.select().from(outbox).orderBy(asc(outbox.id)).limit(BATCH)
    if (rows.length === 0) return 0
    await Promise.all(
      rows.map(({ subject, messageId, headers, body }) =>
        publish(bus, { subject, messageId, headers, body }),
      ),
    )
    const ids = rows.map(({ id }) => id)
    await tx.delete(outbox).where(inArray(outbox.id, ids))
    return rows.length
  })
}
