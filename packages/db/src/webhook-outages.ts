import { sql } from 'drizzle-orm'
import type { Db, Tx } from './client.ts'
import { webhookUptime } from './schema/application.ts'

/** Strava calls for one event; there is one row. */
const ID = 'ingest'

/**
 * Strava tries three times, a good minute apart (observed), so a shorter absence loses nothing. Longer than the pause
 * between two signs of life.
 */
const MAX_GAP_WITHOUT_LOSS_MS = 180_000

/** Upper bound of the clock skew between replicas. */
const MAX_CLOCK_SKEW_MS = 300_000

/** Records that ingest is running. When the previous heartbeat is too old, events may have been lost since. */
export async function recordHeartbeat(db: Db, now: Date): Promise<void> {
  const at = sql`${now.toISOString()}::timestamptz`
  const isGap = sql`${at} - ${webhookUptime.aliveAt} > ${MAX_GAP_WITHOUT_LOSS_MS} * interval '1 millisecond'`
  await db
    .insert(webhookUptime)
    .values({ id: ID, aliveAt: now })
    .onConflictDoUpdate({
      target: webhookUptime.id,
      set: {
        gapFrom: sql`case when ${isGap} then ${webhookUptime.aliveAt} else ${webhookUptime.gapFrom} end`,
        gapTo: sql`case when ${isGap} then ${at} else ${webhookUptime.gapTo} end`,
        // A sign of life that is yet to come was written by a wrong clock, and would hide gaps until then.
        aliveAt: sql`case when ${webhookUptime.aliveAt} > ${at} + ${MAX_CLOCK_SKEW_MS} * interval '1 millisecond' then ${at}
          else greatest(${webhookUptime.aliveAt}, ${at}) end`,
      },
    })
}

/** Records an outage of the webhook subscription from about `from` until `to`: its events were not delivered. */
export async function recordOutage(tx: Tx, from: Date, to: Date): Promise<void> {
  const gap = { gapFrom: from, gapTo: to }
  await tx
    .insert(webhookUptime)
    .values({ id: ID, aliveAt: to, ...gap })
    .onConflictDoUpdate({ target: webhookUptime.id, set: gap })
}
