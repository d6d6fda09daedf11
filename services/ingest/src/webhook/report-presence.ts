import { type Bus, requestFetch } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import { type Db, isGap, recordHeartbeat, recordOutage } from '@ikigai/db'
import type { RefusedEvents } from './refused-events.ts'

/** Dependencies of {@link createPresenceReport}. */
export interface PresenceDeps {
  readonly db: Db
  readonly bus: Bus
  readonly refused: RefusedEvents
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Returns the function to call every minute: it requests resyncs for the owners of lost events, and records a heartbeat. It
 * records none while a refused event may still be lost: if all replicas end then, the gap since the last heartbeat is an
 * outage. The function throws a NatsError or an error of Postgres.
 */
export function createPresenceReport({ db, bus, refused, clock, logger }: PresenceDeps): () => Promise<void> {
  let lastRunAt: number | undefined
  let isUnaccounted = true
  return async () => {
    const now = clock.now()
    // After a start or a pause of the process, it is unknown which events were refused.
    if (lastRunAt === undefined || isGap(now - lastRunAt)) isUnaccounted = true
    lastRunAt = now
    const lost = refused.lost()
    if (lost.everybody) await recordOutage(db, new Date(now), new Date(now))
    for (const owner of lost.owners) await requestFetch(bus, 'resync', owner, {})
    if (lost.everybody || lost.owners.length > 0)
      logger.warn(
        { athletes: lost.owners.length, everybody: lost.everybody },
        'events were lost; resync asked for',
      )
    refused.forget(lost)
    if (refused.isWaiting()) return
    await recordHeartbeat(db, new Date(now), { mayHaveGap: isUnaccounted })
    isUnaccounted = false
  }
}

/** Records an outage when this process ends while refused events may be lost: no other process knows of them. */
export async function reportRefused({
  db,
  refused,
  clock,
  logger,
}: Omit<PresenceDeps, 'bus'>): Promise<void> {
  if (!refused.isWaiting()) return
  const now = new Date(clock.now())
  await recordOutage(db, now, now).catch((error: unknown) =>
    logger.warn({ err: error }, 'outage not recorded'),
  )
}
