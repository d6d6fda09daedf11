import { STREAMS } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import { athletes, type Db, recordOutage } from '@ikigai/db'

/** Streams with messages that are stored nowhere else. */
const IRREPLACEABLE: readonly string[] = [STREAMS.stravaEvents, STREAMS.fetch]

/**
 * Handles the loss of streams, after they were created again. Events and requests in them may be lost, so an outage of the webhook
 * is recorded, which makes every athlete's resync due soon. Lost sign-ups are found in the database (`queueOrphans`), and messages
 * that were not sent are still in the outbox.
 * @param streams names of the created streams
 */
export async function recordLostMessages(
  { db, clock, logger }: { readonly db: Db; readonly clock: Clock; readonly logger: Logger },
  streams: readonly string[],
): Promise<void> {
  // The very first start creates the streams too: without athletes nothing is lost.
  const [athlete] = await db.select({ id: athletes.id }).from(athletes).limit(1)
  if (athlete === undefined) return
  logger.warn({ streams }, 'streams were missing and have been created again; their messages are lost')
  if (!streams.some((stream) => IRREPLACEABLE.includes(stream))) return
  const now = new Date(clock.now())
  await recordOutage(db, now, now)
}
