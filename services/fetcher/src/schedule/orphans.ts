import type { Clock } from '@ikigai/chassis'
import type { Lane } from '@ikigai/contracts'
import { athletes, type Db, fetchQueue, imports, resyncs, type Tx } from '@ikigai/db'
import { and, eq, inArray, isNull, lt, ne, notExists, notInArray, or, sql } from 'drizzle-orm'
import { withAthleteLockAndRead } from '../activities/athlete-lock.ts'
import { enrichment } from '../enrich/enrich.ts'
import { acceptSignUp, type FoundImport, findImport } from '../requests/accept-sign-up.ts'
import { nextResyncCall } from '../resync/resync-row.ts'
import { schedule, type Work } from './schedule.ts'

/** After this time without progress, work may have lost its queue entry. */
const STALLED_MS = 120_000
/** A sign-up request not accepted for this long may be lost. */
const LOST_REQUEST_MS = 10_000
const BATCH_SIZE = 500

/**
 * Queues work that the stored state requires and that has no queue entry. Dead work has one, so it is not queued again.
 * Without `enrich` the entries of that lane are deleted: no fetcher serves them, and they follow from the stored state.
 * @returns the number of entries added
 */
export async function queueOrphans(
  { db, clock }: { db: Db; clock: Clock },
  { enrich }: { readonly enrich: boolean },
): Promise<number> {
  const now = new Date(clock.now())
  const stalled = new Date(now.getTime() - STALLED_MS)
  const begun = await startLostSignUps(db, now)
  if (!enrich) await deleteEnrichment(db)
  return db.transaction(async (tx) => {
    const work = [
      ...(await stalledImports(tx, stalled)),
      ...(await stalledResyncs(tx, stalled)),
      ...(enrich ? await withoutEnrichment(tx) : []),
    ]
    await schedule(tx, work, now)
    return begun + work.length
  })
}

/** Starts imports of athletes whose sign-up request was lost. */
async function startLostSignUps(db: Db, now: Date): Promise<number> {
  const rows = await db
    .select({ id: athletes.id })
    .from(athletes)
    .leftJoin(imports, eq(imports.athleteId, athletes.id))
    .where(
      and(
        eq(athletes.grantState, 'active'),
        lt(athletes.connectedAt, new Date(now.getTime() - LOST_REQUEST_MS)),
        or(
          isNull(imports.athleteId),
          sql`${imports.connectedAt} <> date_trunc('milliseconds', ${athletes.connectedAt})`,
        ),
      ),
    )
    .limit(BATCH_SIZE)
  for (const { id } of rows)
    await withAthleteLockAndRead(
      db,
      id,
      (tx, athlete, found: FoundImport | undefined) => acceptSignUp(tx, athlete, {}, found, now),
      undefined,
      (tx) => findImport(tx, id),
    )
  return rows.length
}

async function stalledImports(tx: Tx, before: Date): Promise<Work[]> {
  const canContinue = or(
    isNull(imports.waitReason),
    notInArray(imports.waitReason, ['needs_reauthorization', 'scope_missing']),
    and(eq(imports.waitReason, 'needs_reauthorization'), eq(athletes.grantState, 'active')),
  )
  const rows = await tx
    .select({ athleteId: imports.athleteId, pages: imports.pages })
    .from(imports)
    .innerJoin(athletes, eq(athletes.id, imports.athleteId))
    .where(
      and(
        sql`${imports.state} <> 'complete'`,
        lt(imports.updatedAt, before),
        canContinue,
        notQueued(tx, imports.athleteId, ['signup', 'backfill']),
      ),
    )
    .limit(BATCH_SIZE)
  return rows.map(({ athleteId, pages }) => ({ lane: pages === 0 ? 'signup' : 'backfill', athleteId }))
}

async function stalledResyncs(tx: Tx, before: Date): Promise<Work[]> {
  const rows = await tx
    .select({ athleteId: resyncs.athleteId })
    .from(resyncs)
    .where(
      and(
        ne(resyncs.state, 'idle'),
        lt(resyncs.updatedAt, before),
        notQueued(tx, resyncs.athleteId, ['resync']),
      ),
    )
    .limit(BATCH_SIZE)
  return rows.map(nextResyncCall)
}

/** Athletes with a complete import and no entry in the lane `enrich`. */
async function withoutEnrichment(tx: Tx): Promise<Work[]> {
  const rows = await tx
    .select({ athleteId: imports.athleteId })
    .from(imports)
    .where(and(eq(imports.state, 'complete'), notQueued(tx, imports.athleteId, ['enrich'])))
    .limit(BATCH_SIZE)
  return rows.map(({ athleteId }) => enrichment(athleteId))
}

async function deleteEnrichment(db: Db): Promise<void> {
  await db
    .delete(fetchQueue)
    .where(
      and(
        eq(fetchQueue.lane, 'enrich'),
        isNull(fetchQueue.deadAt),
        or(isNull(fetchQueue.leasedUntil), sql`${fetchQueue.leasedUntil} <= now()`),
      ),
    )
}

function notQueued(tx: Tx, athleteId: typeof imports.athleteId | typeof resyncs.athleteId, lanes: Lane[]) {
  return notExists(
    tx
      .select({ lane: fetchQueue.lane })
      .from(fetchQueue)
      .where(and(inArray(fetchQueue.lane, lanes), eq(fetchQueue.athleteId, athleteId))),
  )
}
