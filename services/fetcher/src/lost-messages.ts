import { STREAMS, type StreamFill } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import { type Db, recordOutage, seenStreams } from '@ikigai/db'
import { sql } from 'drizzle-orm'

/** Streams whose messages PostgreSQL does not know yet. */
const UNKNOWN_TO_US: readonly string[] = [STREAMS.stravaEvents, STREAMS.fetch]

/** Told of the streams as they are. */
export type StreamWatch = (streams: readonly Pick<StreamFill, 'stream' | 'createdAt'>[]) => Promise<void>

/**
 * Notices streams that are not those of before, whoever made them anew, and also while nothing ran. Events and requests that
 * the former ones held may be lost with them, so every history is listed again soon; sign-ups without an import are found in
 * the database, and the outbox keeps what was not sent.
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
      logger.warn({ streams: remade }, 'streams were gone and are made again; what they held is lost')
      if (!remade.some((stream) => UNKNOWN_TO_US.includes(stream))) return
      const now = new Date(clock.now())
      await recordOutage(tx, now, now)
    })
    known = text
  }
}
