import type { StravaId } from '@ikigai/contracts'
import { athletes, type Db, fetchQueue, imports, listings, type Tx, webhookOutages } from '@ikigai/db'
import { and, asc, eq, exists, gt, isNull, lt, lte, ne, or, sql } from 'drizzle-orm'
import { schedule } from '../schedule/schedule.ts'
import { currentInterval, nextCallOf } from './listing.ts'
import { CATCH_UP_MS, catchUpAt, nextRefreshAt } from './policy.ts'

const AT_ONCE = 500

/** Gives every imported athlete a place in the rota of re-listing, and begins the listings that are due. */
export async function scheduleListings(db: Db, now: number, maxAgeMs: number): Promise<number> {
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
    .leftJoin(listings, eq(listings.athleteId, imports.athleteId))
    .where(
      and(
        eq(imports.state, 'complete'),
        or(isNull(listings.athleteId), ne(listings.generation, imports.generation)),
      ),
    )
    .limit(AT_ONCE)
  for (const { athleteId, generation, startedAt } of found) {
    // What he deleted while he was not connected is still here: an import finds what there is, and nothing else.
    const dueAt =
      generation > 1
        ? now
        : nextRefreshAt(athleteId, { startedAt: startedAt.getTime(), isImport: true }, intervalMs)
    const place = {
      generation,
      state: 'idle' as const,
      startedAt,
      dueAt: new Date(dueAt),
      updatedAt: new Date(now),
    }
    await db
      .insert(listings)
      .values({ athleteId, ...place })
      .onConflictDoUpdate({
        target: listings.athleteId,
        set: { ...place, held: 0, heldSince: null, released: false },
      })
  }
}

/** Whoever was listed last before a gap in the webhooks is listed soon after it. */
async function catchUp(db: Db): Promise<void> {
  const [outage] = await db.select({ outageTo: webhookOutages.outageTo }).from(webhookOutages)
  const outageTo = outage?.outageTo
  if (outageTo === undefined || outageTo === null) return
  const late = await db
    .select({ athleteId: listings.athleteId })
    .from(listings)
    .where(
      and(
        eq(listings.state, 'idle'),
        lt(listings.startedAt, outageTo),
        gt(listings.dueAt, new Date(outageTo.getTime() + CATCH_UP_MS)),
      ),
    )
    .limit(AT_ONCE)
  for (const { athleteId } of late) {
    await db
      .update(listings)
      .set({ dueAt: new Date(catchUpAt(athleteId, outageTo.getTime())) })
      .where(and(eq(listings.athleteId, athleteId), eq(listings.state, 'idle')))
  }
}

/** Not more often than this, whoever asks for it. */
const HURRY_AT_MOST_EVERY_MS = 3_600_000

/** Events of an athlete may have been lost just now: his next listing comes soon. */
export async function hurryListing(db: Db | Tx, athleteId: StravaId, now: Date): Promise<void> {
  const soonest = sql`greatest(${now.toISOString()}::timestamptz,
    ${listings.startedAt} + ${HURRY_AT_MOST_EVERY_MS} * interval '1 millisecond')`
  await db
    .update(listings)
    .set({ dueAt: sql`least(${listings.dueAt}, ${soonest})` })
    .where(eq(listings.athleteId, athleteId))
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
        eq(fetchQueue.athleteId, listings.athleteId),
        lte(fetchQueue.deadAt, new Date(now - STUCK_MS)),
      ),
    )
  await db
    .update(listings)
    .set({ state: 'idle', dueAt: new Date(now), updatedAt: new Date(now) })
    .where(and(ne(listings.state, 'idle'), exists(givenUp)))
}

async function beginDue(tx: Tx, now: Date): Promise<number> {
  const due = await tx
    .select({ listing: listings })
    .from(listings)
    .innerJoin(athletes, eq(athletes.id, listings.athleteId))
    .innerJoin(imports, eq(imports.athleteId, listings.athleteId))
    .where(
      and(
        eq(listings.state, 'idle'),
        lte(listings.dueAt, now),
        eq(imports.state, 'complete'),
        eq(imports.generation, listings.generation),
        eq(athletes.grantState, 'active'),
      ),
    )
    .orderBy(asc(listings.dueAt))
    .limit(AT_ONCE)
    .for('update', { of: listings, skipLocked: true })
  for (const { listing } of due) {
    const begun = {
      state: 'listing' as const,
      cycle: listing.cycle + 1,
      steps: 0,
      cursorBefore: null,
      cursorPage: 1,
      cursorStep: 'onward' as const,
      unreadable: 0,
      flawed: false,
      failures: 0,
      startedAt: now,
      updatedAt: now,
    }
    await tx.update(listings).set(begun).where(eq(listings.athleteId, listing.athleteId))
  }
  await schedule(
    tx,
    due.map(({ listing }) => nextCallOf(listing)),
    now,
  )
  return due.length
}
