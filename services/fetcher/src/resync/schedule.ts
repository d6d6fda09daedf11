import type { StravaId } from '@ikigai/contracts'
import { athletes, type Db, fetchQueue, imports, resyncs, type Tx, webhookOutages } from '@ikigai/db'
import { and, asc, eq, exists, gt, isNull, lt, lte, ne, or, sql } from 'drizzle-orm'
import { schedule } from '../schedule/schedule.ts'
import { CATCH_UP_MS, catchUpAt, nextResyncAt } from './interval.ts'
import { currentInterval, nextResyncCall } from './resync-row.ts'

const BATCH_SIZE = 500

/** Adds athletes whose import is complete, expedites resyncs after an outage, and starts due runs. @returns the number of started runs */
export async function scheduleResyncs(db: Db, now: number, maxAgeMs: number): Promise<number> {
  const { ms } = await currentInterval(db, maxAgeMs)
  await enterImported(db, now, ms)
  await catchUp(db)
  await abandonStuck(db, now)
  return db.transaction((tx) => beginDue(tx, new Date(now)))
}

/** Adds an athlete when the import is complete, and resets the row after a new connection. */
async function enterImported(db: Db, now: number, intervalMs: number): Promise<void> {
  const found = await db
    .select({
      athleteId: imports.athleteId,
      generation: imports.generation,
      startedAt: imports.startedAt,
    })
    .from(imports)
    .leftJoin(resyncs, eq(resyncs.athleteId, imports.athleteId))
    .where(
      and(
        eq(imports.state, 'complete'),
        or(isNull(resyncs.athleteId), ne(resyncs.generation, imports.generation)),
      ),
    )
    .limit(BATCH_SIZE)
  for (const { athleteId, generation, startedAt } of found) {
    // Activities deleted while the athlete was not connected are still stored, because an import deletes nothing.
    const dueAt =
      generation > 1
        ? now
        : nextResyncAt(athleteId, { startedAt: startedAt.getTime(), isImport: true }, intervalMs)
    const fresh = {
      generation,
      state: 'idle' as const,
      startedAt,
      dueAt: new Date(dueAt),
      updatedAt: new Date(now),
    }
    await db
      .insert(resyncs)
      .values({ athleteId, ...fresh })
      .onConflictDoUpdate({
        target: resyncs.athleteId,
        set: { ...fresh, quarantined: 0, quarantinedSince: null, approved: false },
        // Another replica may have added the athlete meanwhile, and begun.
        setWhere: ne(resyncs.generation, generation),
      })
  }
}

/** Expedites the athletes whose last resync started before an outage of the webhooks. */
async function catchUp(db: Db): Promise<void> {
  const [outage] = await db.select({ outageTo: webhookOutages.outageTo }).from(webhookOutages)
  const outageTo = outage?.outageTo
  if (outageTo === undefined || outageTo === null) return
  const late = await db
    .select({ athleteId: resyncs.athleteId })
    .from(resyncs)
    .where(
      and(
        eq(resyncs.state, 'idle'),
        lt(resyncs.startedAt, outageTo),
        gt(resyncs.dueAt, new Date(outageTo.getTime() + CATCH_UP_MS)),
      ),
    )
    .limit(BATCH_SIZE)
  for (const { athleteId } of late) {
    await db
      .update(resyncs)
      .set({ dueAt: new Date(catchUpAt(athleteId, outageTo.getTime())) })
      .where(and(eq(resyncs.athleteId, athleteId), eq(resyncs.state, 'idle')))
  }
}

/** Minimum time from the start of a resync to the next expedited one. */
const MIN_EXPEDITE_INTERVAL_MS = 3_600_000

/** Brings the next resync forward, because events of this athlete may have been lost. */
export async function expediteResync(db: Db | Tx, athleteId: StravaId, now: Date): Promise<void> {
  const soonest = sql`greatest(${now.toISOString()}::timestamptz,
    ${resyncs.startedAt} + ${MIN_EXPEDITE_INTERVAL_MS} * interval '1 millisecond')`
  await db
    .update(resyncs)
    .set({ dueAt: sql`least(${resyncs.dueAt}, ${soonest})` })
    .where(eq(resyncs.athleteId, athleteId))
}

/** A run is abandoned when its job has been dead for this time: ms. */
const STUCK_MS = 6 * 3_600_000

/** Ends runs whose job is dead, and makes the next run due: the unexpected error may not occur again. */
async function abandonStuck(db: Db, now: number): Promise<void> {
  const deadJob = db
    .select({ lane: fetchQueue.lane })
    .from(fetchQueue)
    .where(
      and(
        eq(fetchQueue.lane, 'resync'),
        eq(fetchQueue.athleteId, resyncs.athleteId),
        lte(fetchQueue.deadAt, new Date(now - STUCK_MS)),
      ),
    )
  await db
    .update(resyncs)
    .set({ state: 'idle', dueAt: new Date(now), updatedAt: new Date(now) })
    .where(and(ne(resyncs.state, 'idle'), exists(deadJob)))
}

async function beginDue(tx: Tx, now: Date): Promise<number> {
  const due = await tx
    .select({ resync: resyncs })
    .from(resyncs)
    .innerJoin(athletes, eq(athletes.id, resyncs.athleteId))
    .innerJoin(imports, eq(imports.athleteId, resyncs.athleteId))
    .where(
      and(
        eq(resyncs.state, 'idle'),
        lte(resyncs.dueAt, now),
        eq(imports.state, 'complete'),
        eq(imports.generation, resyncs.generation),
        eq(athletes.grantState, 'active'),
      ),
    )
    .orderBy(asc(resyncs.dueAt))
    .limit(BATCH_SIZE)
    .for('update', { of: resyncs, skipLocked: true })
  for (const { resync } of due) {
    const begun = {
      state: 'listing' as const,
      run: resync.run + 1,
      step: 0,
      cursorBefore: null,
      cursorPage: 1,
      cursorStep: 'onward' as const,
      unreadable: 0,
      incomplete: false,
      failures: 0,
      startedAt: now,
      updatedAt: now,
    }
    await tx.update(resyncs).set(begun).where(eq(resyncs.athleteId, resync.athleteId))
  }
  await schedule(
    tx,
    due.map(({ resync }) => nextResyncCall(resync)),
    now,
  )
  return due.length
}
