import { acquireLock, athletes, authLocks, capacityRefusals, type Db, type Tx } from '@ikigai/db'
import { hasRoom } from '@ikigai/status'

const ONLY_ROW = 'strava'

/**
 * Whether there is room for another account; the caller creates it in this transaction. With a limit, sign-ups are serialized, so
 * that two cannot both take the last place.
 */
export async function takePlace(tx: Tx, limit: number | undefined, now: number): Promise<boolean> {
  if (limit !== undefined) await acquireLock(tx, authLocks, 'sign-up')
  const connected = limit === undefined ? 0 : await tx.$count(athletes)
  // Strava has just let this athlete connect, so an earlier refusal is obsolete.
  const room = hasRoom({ limit, connected, refusal: undefined }, now)
  if (room) await tx.delete(capacityRefusals)
  return room
}

/** Records that Strava has refused an athlete because all places are taken. */
export async function recordCapacityRefusal(db: Db, now: number): Promise<void> {
  const values = { refusedAt: new Date(now), connected: await db.$count(athletes) }
  await db
    .insert(capacityRefusals)
    .values({ id: ONLY_ROW, ...values })
    .onConflictDoUpdate({ target: capacityRefusals.id, set: values })
}
