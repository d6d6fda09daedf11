import type { StravaId } from '@ikigai/contracts'
import { activities, idIn, imports, type Tx } from '@ikigai/db'
import { enqueue } from '@ikigai/outbox'
import type { ActivityPage } from '@ikigai/strava'
import { and, eq, sql } from 'drizzle-orm'
import { announceChanges } from '../activities/announce.ts'
import { changeAthlete } from '../activities/athlete-lock.ts'
import { upsertActivities } from '../activities/upsert.ts'
import type { CallResult } from '../calls/strava-calls.ts'
import { type Cursor, nextCursor, oldestStart, pageSize } from '../imports/cursor.ts'
import type { Attempt } from '../schedule/attempt.ts'
import { type Ended, endAttempt } from '../schedule/end-attempt.ts'
import { type JobResult, resultWithoutAnswer } from '../schedule/job-result.ts'
import { schedule } from '../schedule/schedule.ts'
import { askNext } from './ask.ts'
import { closeListing } from './close.ts'
import {
  currentInterval,
  type Listing,
  moveListing,
  nextCallOf,
  putOff,
  type RefreshDeps,
  readListing,
  stillThere,
} from './listing.ts'

/** So often may one listing fail before it is put off. */
const FAILURES_AT_MOST = 4

/**
 * Makes the next call of an athlete's re-listing and schedules the one after it: a page, or, once all pages are there,
 * one activity that was missing in them. What is to be done stands in the `listings` row, so an attempt that comes
 * twice, or after a crash, repeats nothing that is stored.
 */
export async function refreshPage(deps: RefreshDeps, attempt: Attempt): Promise<JobResult> {
  const { athleteId } = attempt
  const row = await readListing(deps.db, athleteId)
  if (row === undefined) return { kind: 'done' }
  const [current] = await deps.db
    .select({ generation: imports.generation, state: imports.state })
    .from(imports)
    .where(eq(imports.athleteId, athleteId))
  // The athlete has connected again: his new import comes first.
  if (current?.generation !== row.generation || current.state !== 'complete') {
    await putOff(deps, row)
    return { kind: 'done' }
  }
  return row.state === 'asking' ? askNext(deps, attempt, row) : listPage(deps, attempt, row)
}

async function listPage(deps: RefreshDeps, attempt: Attempt, row: Listing): Promise<JobResult> {
  const cursor: Cursor = { before: row.cursorBefore, page: row.cursorPage }
  const result = await deps.call(attempt, (client, token) =>
    client.listActivities(token, {
      perPage: pageSize(cursor),
      ...(cursor.before === null ? {} : { before: cursor.before }),
      ...(cursor.page === 1 ? {} : { page: cursor.page }),
    }),
  )
  if (result.kind !== 'answer') return withoutAnswer(deps, row, result)
  return { kind: 'done', ended: await storePage(deps, attempt, row, cursor, result) }
}

/** Nothing follows from a listing that cannot go on; the next one begins from the start. */
async function withoutAnswer(
  deps: RefreshDeps,
  row: Listing,
  result: Exclude<CallResult<unknown>, { kind: 'answer' }>,
): Promise<JobResult> {
  if (result.kind === 'blocked') {
    await putOff(deps, row)
    return { kind: 'done' }
  }
  if (result.kind !== 'not_found' && (result.kind !== 'failed' || !result.consumesAttempt))
    return resultWithoutAnswer(result)
  const reason = result.kind === 'failed' ? result.reason : 'Strava knows no such athlete'
  if (row.failures + 1 >= FAILURES_AT_MOST) {
    deps.logger.warn({ athleteId: row.athleteId, reason }, 'listing put off')
    await putOff(deps, row)
    return { kind: 'done' }
  }
  await deps.db.transaction((tx) => moveListing(tx, row, { failures: row.failures + 1 }))
  return { kind: 'failed', reason, consumesAttempt: true }
}

async function storePage(
  deps: RefreshDeps,
  attempt: Attempt,
  row: Listing,
  cursor: Cursor,
  { value: page, sentAt, scopes }: Extract<CallResult<ActivityPage>, { kind: 'answer' }>,
): Promise<Ended | undefined> {
  const { db, clock, maxAgeMs } = deps
  const { athleteId } = row
  const next = nextCursor(cursor, {
    length: page.activities.length + page.skipped,
    oldestStart: oldestStart(page),
  })
  const interval = next === undefined ? await currentInterval(db, maxAgeMs) : undefined
  const store = async (tx: Tx): Promise<Ended | undefined> => {
    if (!(await stillThere(tx, row))) return undefined
    const now = new Date(clock.now())
    const own = page.activities.filter((activity) => activity.athleteId === athleteId)
    const ids = own.map(({ id }) => id)
    const torn = cursor.page > 1 && !(await overlaps(tx, row, ids))
    const documents = own.map(({ raw }) => raw)
    const changes = await upsertActivities(tx, { athleteId, documents, kind: 'summary', sentAt })
    await markListed(tx, row, ids, new Date(sentAt))
    await enqueue(tx, announceChanges(athleteId, changes, now))
    const moved = {
      ...row,
      steps: row.steps + 1,
      listed: row.listed + own.length,
      // What cannot be read may be what seems to be missing.
      flawed: row.flawed || torn || own.length < page.activities.length + page.skipped,
      failures: 0,
      updatedAt: now,
    }
    if (torn && !row.flawed) await goOn(tx, { ...moved, cursorPage: 1 })
    else if (next !== undefined)
      await goOn(tx, { ...moved, cursorBefore: next.before, cursorPage: next.page })
    else await closeListing(deps, tx, moved, { now, intervalMs: interval?.ms ?? maxAgeMs })
    return endAttempt(tx, attempt, { kind: 'done' }, now)
  }
  return changeAthlete(db, athleteId, store, scopes)
}

async function goOn(tx: Tx, row: Listing): Promise<void> {
  await moveListing(tx, row, row)
  await schedule(tx, [nextCallOf(row)], row.updatedAt)
}

/**
 * Whether a page that follows another one of the same second begins within it. If not, so much was deleted meanwhile
 * that something may have moved past us: the second is listed again.
 */
async function overlaps(tx: Tx, { cycle }: Listing, ids: readonly StravaId[]): Promise<boolean> {
  if (ids.length === 0) return true
  const [seen] = await tx
    .select({ id: activities.id })
    .from(activities)
    .where(and(idIn(activities.id, ids), eq(activities.listedIn, cycle)))
    .limit(1)
  return seen !== undefined
}

/** Strava has shown these, whatever else is known of them. */
async function markListed(
  tx: Tx,
  { athleteId, cycle }: Listing,
  ids: readonly StravaId[],
  sentAt: Date,
): Promise<void> {
  if (ids.length === 0) return
  await tx
    .update(activities)
    .set({
      listedIn: cycle,
      missingSince: null,
      confirmedAt: sql`greatest(${activities.confirmedAt}, ${sentAt.toISOString()}::timestamptz)`,
    })
    .where(and(eq(activities.athleteId, athleteId), idIn(activities.id, ids)))
}
