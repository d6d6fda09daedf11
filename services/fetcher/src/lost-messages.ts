import { STREAMS } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import { athletes, type Db, recordOutage } from '@ikigai/db'

/** Streams whose messages PostgreSQL does not know yet. */
const UNKNOWN_TO_US: readonly string[] = [STREAMS.stravaEvents, STREAMS.fetch]

/**
 * What follows when streams had to be made anew. Events and requests that they held may be lost with them, so every history is
 * listed again soon; sign-ups without an import are found in the database, and the outbox keeps what was not sent.
 */
export async function recordLostMessages(
  { db, clock, logger }: { readonly db: Db; readonly clock: Clock; readonly logger: Logger },
  streams: readonly string[],
): Promise<void> {
  // The first start of all makes the streams as well.
  const [athlete] = await db.select({ id: athletes.id }).from(athletes).limit(1)
  if (athlete === undefined) return
  logger.warn({ streams }, 'streams were gone and are made again; what they held is lost')
  if (!streams.some((stream) => UNKNOWN_TO_US.includes(stream))) return
  const now = new Date(clock.now())
  await recordOutage(db, now, now)
}
