import { STREAMS, type StreamFill } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import { type Db, recordOutage, seenStreams } from '@ikigai/db'
import { sql } from 'drizzle-orm'

/** Streams with messages that are stored nowhere else. */
const IRREPLACEABLE: readonly string[] = [STREAMS.stravaEvents, STREAMS.fetch]

/** Compares the streams with those last seen. */
export type StreamWatch = (streams: readonly Pick<StreamFill, 'stream' | 'createdAt'>[]) => Promise<void>

/**
 * Detects streams that were created again, by any process, also while no fetcher ran. Events and requests in the former streams may
 * be lost, so an outage of the webhook is recorded, which makes every athlete's resync due soon. Lost sign-ups are found in the
 * database (`queueOrphans`), and messages that were not sent are still in the outbox.
 */
export function watchStreams({
  db,
  clock,
  logger,
}: {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Logger
}): StreamWatch {
  let known = ''
  return async (streams) => {
    const found = streams.map(({ stream: name, createdAt }) => ({ name, createdAt }))
    const text = JSON.stringify(found)
    if (text === known) return
    await db.transaction(async (tx) => {
      const before = new Map((await tx.select().from(seenStreams)).map((row) => [row.name, row.createdAt]))
      const remade = found
        .filter(({ name, createdAt }) => before.has(name) && before.get(name) !== createdAt)
        .map(({ name }) => name)
      await tx
        .insert(seenStreams)
        .values(found)
        .onConflictDoUpdate({ target: seenStreams.name, set: { createdAt: sql`excluded.created_at` } })
      if (remade.length === 0) return
      logger.warn(
        { streams: remade },
        'streams were missing and have been created again; their messages are lost',
      )
      if (!remade.some((stream) => IRREPLACEABLE.includes(stream))) return
      const now = new Date(clock.now())
      await recordOutage(tx, now, now)
    })
    known = text
  }
}
