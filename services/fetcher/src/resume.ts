import type { Clock } from '@ikigai/chassis'
import type { Lane } from '@ikigai/contracts'
import { type Db, fetchJobs, imports, listings, type Tx } from '@ikigai/db'
import { type Job, queueJobs } from '@ikigai/outbox'
import { and, eq, inArray, isNull, lt, ne, notExists, notInArray, or } from 'drizzle-orm'
import { enrichJob } from './enrich/enrich.ts'
import { forgetAbsent } from './hints.ts'
import { refreshJob } from './refresh/listing.ts'

/** Work that has not moved for this long may have lost its job. */
const STALLED_MS = 120_000
const AT_MOST = 500

/**
 * Jobs follow from what is stored: work that is owed and has no job gets one. A job that was given up is one.
 * @returns how many jobs were queued
 */
export async function resume(
  { db, clock }: { db: Db; clock: Clock },
  { enrich }: { readonly enrich: boolean },
): Promise<number> {
  const now = new Date(clock.now())
  const stalled = new Date(now.getTime() - STALLED_MS)
  await forgetAbsent(db, now.getTime())
  return db.transaction(async (tx) => {
    const jobs = [
      ...(await stalledImports(tx, stalled)),
      ...(await stalledListings(tx, stalled)),
      ...(enrich ? await withoutEnrichment(tx) : []),
    ]
    await queueJobs(tx, jobs, now)
    return jobs.length
  })
}

async function stalledImports(tx: Tx, before: Date): Promise<Job[]> {
  const cured = or(
    isNull(imports.waitReason),
    notInArray(imports.waitReason, ['needs_reauthorization', 'scope_missing']),
  )
  const rows = await tx
    .select({ athleteId: imports.athleteId, pages: imports.pages })
    .from(imports)
    .where(
      and(
        ne(imports.state, 'complete'),
        lt(imports.updatedAt, before),
        cured,
        withoutJob(tx, imports.athleteId, ['signup', 'backfill']),
      ),
    )
    .limit(AT_MOST)
  return rows.map(({ athleteId, pages }) => ({ lane: pages === 0 ? 'signup' : 'backfill', athleteId }))
}

async function stalledListings(tx: Tx, before: Date): Promise<Job[]> {
  const rows = await tx
    .select({ athleteId: listings.athleteId })
    .from(listings)
    .where(
      and(
        ne(listings.state, 'idle'),
        lt(listings.updatedAt, before),
        withoutJob(tx, listings.athleteId, ['resync']),
      ),
    )
    .limit(AT_MOST)
  return rows.map(refreshJob)
}

/** Whose history is here gets the details of it. */
async function withoutEnrichment(tx: Tx): Promise<Job[]> {
  const rows = await tx
    .select({ athleteId: imports.athleteId })
    .from(imports)
    .where(and(eq(imports.state, 'complete'), withoutJob(tx, imports.athleteId, ['enrich'])))
    .limit(AT_MOST)
  return rows.map(({ athleteId }) => enrichJob(athleteId))
}

function withoutJob(tx: Tx, athleteId: typeof imports.athleteId | typeof listings.athleteId, lanes: Lane[]) {
  return notExists(
    tx
      .select({ lane: fetchJobs.lane })
      .from(fetchJobs)
      .where(and(inArray(fetchJobs.lane, lanes), eq(fetchJobs.athleteId, athleteId))),
  )
}
