import type { StravaId } from '@ikigai/contracts'
import { athletes, type Db, fetchQueue, imports, resyncs, type Tx, webhookOutages } from '@ikigai/db'
import { and, asc, eq, exists, gt, isNull, lt, lte, ne, or, sql } from 'drizzle-orm'
import { schedule } from '../schedule/schedule.ts'
import { CATCH_UP_MS, catchUpAt, nextResyncAt } from './interval.ts'
import { currentInterval, nextResyncCall } from './resync-row.ts'

const AT_ONCE = 500

/** Gives every imported athlete a place in the rota of re-listing, and begins the listings that are due. */
export async function scheduleResyncs(db: Db, now: number, maxAgeMs: number): Promise<number> {
  const { ms } = await currentInterval(db, maxAgeMs)
  await enterImported(db, now, ms)
  await catchUp(db)
  await abandonStuck(db, now)
  return db.transaction((tx) => beginDue(tx, new Date(now)))
}

/** An athlete enters when his import is complete, and anew when he has connected again. */
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
    .limit(AT_ONCE)
  for (const { athleteId, generation, startedAt } of found) {
    // What he deleted while he was not connected is still here: an import finds what there is, and nothing else.
    const dueAt =
      generation > 1
        ? now
        : nextResyncAt(athleteId, { startedAt: startedAt.getTime(), isImport: true }, intervalMs)
    const place = {
      generation,
      state: 'idle' as const,
      startedAt,
      dueAt: new Date(dueAt),
      updatedAt: new Date(now),
    }
    await db
      .insert(resyncs)
      .values({ athleteId, ...place })
      .onConflictDoUpdate({
        target: resyncs.athleteId,
        set: { ...place, quarantined: 0, quarantinedSince: null, approved: false },
      })
  }
}

/** Whoever was listed last before a gap in the webhooks is listed soon after it. */
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
    .limit(AT_ONCE)
  for (const { athleteId } of late) {
    await db
      .update(resyncs)
      .set({ dueAt: new Date(catchUpAt(athleteId, outageTo.getTime())) })
      .where(and(eq(resyncs.athleteId, athleteId), eq(resyncs.state, 'idle')))
  }
}

/** Not more often than this, whoever asks for it. */
const MIN_EXPEDITE_INTERVAL_MS = 3_600_000

/** Events of an athlete may have been lost just now: his next listing comes soon. */
export async function expediteResync(db: Db | Tx, athleteId: StravaId, now: Date): Promise<void> {
  const soonest = sql`greatest(${now.toISOString()}::timestamptz,
    ${resyncs.startedAt} + ${MIN_EXPEDITE_INTERVAL_MS} * interval '1 millisecond')`
  await db
    .update(resyncs)
    .set({ dueAt: sql`least(${resyncs.dueAt}, ${soonest})` })
    .where(eq(resyncs.athleteId, athleteId))
}

/** So long after its job was given up, a listing begins anew. */
const STUCK_MS = 6 * 3_600_000

/** A listing whose job was given up has met something that nobody expected; the next one may not. */
async function abandonStuck(db: Db, now: number): Promise<void> {
  const givenUp = db
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
    .where(and(ne(resyncs.state, 'idle'), exists(givenUp)))
}

async function beginDue(tx: Tx, now: Date): Promise<number> {
  const due = await tx
    .select({ listing: resyncs })
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
    .limit(AT_ONCE)
    .for('update', { of: resyncs, skipLocked: true })
  for (const { listing } of due) {
    const begun = {
      state: 'listing' as const,
      run: listing.run + 1,
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
    await tx.update(resyncs).set(begun).where(eq(resyncs.athleteId, listing.athleteId))
  }
  await schedule(
    tx,
    due.map(({ listing }) => nextResyncCall(listing)),
    now,
  )
  return due.length
}
