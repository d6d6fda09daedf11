import { type Bus, fetchSubject, hasMessage, STREAMS } from '@ikigai/bus'
import type { Clock } from '@ikigai/chassis'
import { type Db, imports, listings, liveRequests, processedEvents } from '@ikigai/db'
import { enqueue, jobMessage, type OutboxMessage } from '@ikigai/outbox'
import { and, isNotNull, isNull, lt, ne, notInArray, or } from 'drizzle-orm'
import { liveJob } from './live/requests.ts'
import { refreshJob } from './refresh/listing.ts'

/** Work that has not moved for this long may have lost its job. */
const STALLED_MS = 120_000
/** Strava repeats an event within minutes and forgets it then; this is far longer. */
const REMEMBER_EVENTS_MS = 8 * 86_400_000
const AT_MOST = 500

/**
 * Jobs follow from what is stored: work that is owed but has no job in the queue gets one. So even a lost stream
 * costs time and nothing else.
 */
export async function resume({ db, bus, clock }: { db: Db; bus: Bus; clock: Clock }): Promise<number> {
  const now = clock.now()
  const stalled = new Date(now - STALLED_MS)
  const found = [
    ...(await stalledImports(db, bus, stalled)),
    ...(await stalledRequests(db, bus, stalled)),
    ...(await stalledListings(db, bus, stalled)),
  ]
  if (found.length > 0) await db.transaction((tx) => enqueue(tx, found))
  await db.delete(processedEvents).where(lt(processedEvents.processedAt, new Date(now - REMEMBER_EVENTS_MS)))
  return found.length
}

async function stalledImports(db: Db, bus: Bus, before: Date): Promise<OutboxMessage[]> {
  const cured = or(
    isNull(imports.waitReason),
    notInArray(imports.waitReason, ['needs_reauthorization', 'scope_missing']),
  )
  const rows = await db
    .select({ athleteId: imports.athleteId, pages: imports.pages, generation: imports.generation })
    .from(imports)
    .where(and(ne(imports.state, 'complete'), lt(imports.updatedAt, before), cured))
    .limit(AT_MOST)
  const jobs: OutboxMessage[] = []
  for (const { athleteId, pages, generation } of rows) {
    const lane = pages === 0 ? 'signup' : 'backlog'
    if (await hasMessage(bus, STREAMS.fetch, fetchSubject(lane, athleteId))) continue
    jobs.push(jobMessage(lane, athleteId, `resume:${generation}:${pages}`))
  }
  return jobs
}

async function stalledRequests(db: Db, bus: Bus, before: Date): Promise<OutboxMessage[]> {
  const rows = await db.select().from(liveRequests).where(lt(liveRequests.requestedAt, before)).limit(AT_MOST)
  const jobs: OutboxMessage[] = []
  for (const { athleteId, activityId } of rows) {
    if (await hasMessage(bus, STREAMS.fetch, fetchSubject('live', athleteId, activityId))) continue
    jobs.push(liveJob(athleteId, activityId))
  }
  return jobs
}

async function stalledListings(db: Db, bus: Bus, before: Date): Promise<OutboxMessage[]> {
  const rows = await db
    .select()
    .from(listings)
    .where(and(ne(listings.state, 'idle'), isNotNull(listings.startedAt), lt(listings.updatedAt, before)))
    .limit(AT_MOST)
  const jobs: OutboxMessage[] = []
  for (const row of rows) {
    if (row.startedAt === null) continue
    if (await hasMessage(bus, STREAMS.fetch, fetchSubject('refresh', row.athleteId))) continue
    jobs.push(refreshJob({ ...row, startedAt: row.startedAt }))
  }
  return jobs
}
