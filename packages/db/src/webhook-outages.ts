import { sql } from 'drizzle-orm'
import type { Db, Tx } from './client.ts'
import { webhookOutages } from './schema/application.ts'

/** Id of the only row. */
const ID = 'ingest'

/**
 * Strava tries three times, a good minute apart (observed), so a shorter outage loses no event. Longer than the pause
 * between two heartbeats.
 */
const MAX_GAP_WITHOUT_LOSS_MS = 180_000

/** Upper bound of the clock skew between replicas. */
const MAX_CLOCK_SKEW_MS = 300_000

/** Whether events may have been lost after this time (ms) without a heartbeat. */
export const isGap = (ms: number): boolean => ms > MAX_GAP_WITHOUT_LOSS_MS

/**
 * Records that ingest is running. When the previous heartbeat of any replica is too old, records an outage, unless this
 * replica has been running all the time (`mayHaveGap: false`): then it knows which events it has refused.
 */
export async function recordHeartbeat(db: Db, now: Date, { mayHaveGap = true } = {}): Promise<void> {
  const at = sql`${now.toISOString()}::timestamptz`
  const isOutage = sql`${mayHaveGap} and ${at} - ${webhookOutages.heartbeatAt} > ${MAX_GAP_WITHOUT_LOSS_MS} * interval '1 millisecond'`
  await db
    .insert(webhookOutages)
    .values({ id: ID, heartbeatAt: now })
    .onConflictDoUpdate({
      target: webhookOutages.id,
      set: {
        outageFrom: sql`case when ${isOutage} then ${webhookOutages.heartbeatAt} else ${webhookOutages.outageFrom} end`,
        outageTo: sql`case when ${isOutage} then ${at} else ${webhookOutages.outageTo} end`,
        // A heartbeat in the future comes from a wrong clock and would hide outages until then.
        heartbeatAt: sql`case when ${webhookOutages.heartbeatAt} > ${at} + ${MAX_CLOCK_SKEW_MS} * interval '1 millisecond' then ${at}
          else greatest(${webhookOutages.heartbeatAt}, ${at}) end`,
      },
    })
}

/** Records an outage of the webhook subscription from about `from` until `to`: its events were not delivered. */
export async function recordOutage(tx: Db | Tx, from: Date, to: Date): Promise<void> {
  const outage = { outageFrom: from, outageTo: to }
  await tx
    .insert(webhookOutages)
    .values({ id: ID, heartbeatAt: to, ...outage })
    .onConflictDoUpdate({ target: webhookOutages.id, set: outage })
}
