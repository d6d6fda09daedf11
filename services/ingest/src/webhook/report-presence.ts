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
 * Creates the function to call every minute. It requests resyncs for the owners of lost events, and records a heartbeat. It
 * records none while refused events are pending: if all replicas end then, the gap since the last heartbeat counts as an outage.
 * The function throws a NatsError or an error of PostgreSQL.
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
        'events were lost; resync requested',
      )
    refused.forget(lost)
    if (refused.hasPending()) return
    await recordHeartbeat(db, new Date(now), { mayHaveGap: isUnaccounted })
    isUnaccounted = false
  }
}

/** Call it when the process ends. Records an outage if refused events are pending, because only this process has a record of them. */
export async function reportRefused({
  db,
  refused,
  clock,
  logger,
}: Omit<PresenceDeps, 'bus'>): Promise<void> {
  if (!refused.hasPending()) return
  const now = new Date(clock.now())
  await recordOutage(db, now, now).catch((error: unknown) =>
    logger.warn({ err: error }, 'outage could not be recorded'),
  )
}
