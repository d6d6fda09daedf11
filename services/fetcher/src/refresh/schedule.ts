import { athletes, type Db, imports, listings, type Tx } from '@ikigai/db'
import { queueJobs } from '@ikigai/outbox'
import { and, asc, eq, isNull, lte, ne, or } from 'drizzle-orm'
import { currentInterval, refreshJob } from './listing.ts'
import { nextRefreshAt } from './policy.ts'

const AT_ONCE = 500

/** Gives every imported athlete a place in the rota of re-listing, and begins the listings that are due. */
export async function scheduleListings(db: Db, now: number, maxAgeMs: number): Promise<number> {
  const { ms } = await currentInterval(db, maxAgeMs)
  await enterImported(db, now, ms)
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
    const place = { generation, state: 'idle' as const, dueAt: new Date(dueAt), updatedAt: new Date(now) }
    await db
      .insert(listings)
      .values({ athleteId, ...place })
      .onConflictDoUpdate({
        target: listings.athleteId,
        set: { ...place, held: 0, heldSince: null, released: false },
      })
  }
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
      listed: 0,
      flawed: false,
      failures: 0,
      startedAt: now,
      updatedAt: now,
    }
    await tx.update(listings).set(begun).where(eq(listings.athleteId, listing.athleteId))
  }
  const jobs = due.map(({ listing }) => refreshJob(listing))
  await queueJobs(tx, jobs, now)
  return due.length
}
