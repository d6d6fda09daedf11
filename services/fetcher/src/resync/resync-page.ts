import type { StravaId } from '@ikigai/contracts'
import { activities, idIn, imports, type Tx } from '@ikigai/db'
import { type ActivityPage, follow, oldestSeenWith, type Walk } from '@ikigai/strava'
import { and, eq, sql } from 'drizzle-orm'
import { changeAthlete } from '../activities/athlete-lock.ts'
import { storeDocuments } from '../activities/store.ts'
import type { CallResult } from '../calls/strava-calls.ts'
import { isAhead } from '../clocks/ahead.ts'
import { askFor, shownBy, walkColumns, walkOf } from '../imports/walk-calls.ts'
import type { Attempt } from '../schedule/attempt.ts'
import { type Ended, endAttempt } from '../schedule/end-attempt.ts'
import { type JobResult, resultWithoutAnswer } from '../schedule/job-result.ts'
import { schedule } from '../schedule/schedule.ts'
import { finishResync } from './finish.ts'
import {
  countUnmet,
  currentInterval,
  isUnchanged,
  nextResyncCall,
  postpone,
  type Resync,
  type ResyncDeps,
  readResync,
  updateResync,
} from './resync-row.ts'
import { verifyNext } from './verify-missing.ts'
import { sampleNext } from './verify-sample.ts'

/** So often may one listing fail before it is put off. */
const FAILURES_AT_MOST = 4

/**
 * Makes the next call of an athlete's re-listing and schedules the one after it: a page, or, once all pages are there,
 * one activity that was missing in them. What is to be done stands in the `listings` row, so an attempt that comes
 * twice, or after a crash, repeats nothing that is stored.
 */
export async function resyncPage(deps: ResyncDeps, attempt: Attempt): Promise<JobResult> {
  const { athleteId } = attempt
  const row = await readResync(deps.db, athleteId)
  if (row === undefined) return { kind: 'done' }
  const [current] = await deps.db
    .select({ generation: imports.generation, state: imports.state })
    .from(imports)
    .where(eq(imports.athleteId, athleteId))
  // The athlete has connected again: his new import comes first.
  if (current?.generation !== row.generation || current.state !== 'complete') {
    await postpone(deps, row)
    return { kind: 'done' }
  }
  if (row.state === 'verifying') return verifyNext(deps, attempt, row)
  return row.state === 'sampling' ? sampleNext(deps, attempt, row) : listPage(deps, attempt, row)
}

async function listPage(deps: ResyncDeps, attempt: Attempt, row: Resync): Promise<JobResult> {
  const walk = walkOf(row)
  const result = await deps.call(attempt, askFor(walk))
  if (result.kind !== 'answer') return withoutAnswer(deps, row, result)
  return { kind: 'done', ended: await storePage(deps, attempt, row, walk, result) }
}

/** Nothing follows from a listing that cannot go on; the next one begins from the start. */
async function withoutAnswer(
  deps: ResyncDeps,
  row: Resync,
  result: Exclude<CallResult<unknown>, { kind: 'answer' }>,
): Promise<JobResult> {
  if (result.kind === 'blocked') {
    await postpone(deps, row)
    return { kind: 'done' }
  }
  if (result.kind !== 'not_found' && (result.kind !== 'failed' || !result.consumesAttempt))
    return resultWithoutAnswer(result)
  const reason = result.kind === 'failed' ? result.reason : 'Strava knows no such athlete'
  if (row.failures + 1 >= FAILURES_AT_MOST) {
    deps.logger.warn({ athleteId: row.athleteId, reason }, 'listing put off')
    await postpone(deps, row)
    return { kind: 'done' }
  }
  await deps.db.transaction((tx) => updateResync(tx, row, { failures: row.failures + 1 }))
  return { kind: 'failed', reason, consumesAttempt: true }
}

async function storePage(
  deps: ResyncDeps,
  attempt: Attempt,
  row: Resync,
  walk: Walk,
  { value: page, sentAt, scopes }: Extract<CallResult<ActivityPage>, { kind: 'answer' }>,
): Promise<Ended | undefined> {
  const { db, clock, maxAgeMs } = deps
  const { athleteId } = row
  const store = async (tx: Tx): Promise<Ended | undefined> => {
    if (!(await isUnchanged(tx, row))) return undefined
    const now = new Date(clock.now())
    const ids = page.activities.filter((each) => each.athleteId === athleteId).map(({ id }) => id)
    const torn = walk.page > 1 && !(await overlaps(tx, row, ids))
    await storeDocuments(tx, { athleteId, documents: page.activities, kind: 'summary', sentAt }, now)
    await markSeen(tx, row, ids, { sentAt: new Date(sentAt), now })
    const moved = {
      ...row,
      step: row.step + 1,
      unreadable: row.unreadable + page.skipped,
      // What cannot be read may be what seems to be missing.
      incomplete: row.incomplete || torn || page.skipped > 0,
      failures: 0,
      updatedAt: now,
    }
    const shown = shownBy(page)
    const next =
      torn && !row.incomplete
        ? undefined
        : follow(walk, shown, {
            unmet: await countUnmet(tx, row, oldestSeenWith(walk, shown), now),
            savesTheEnd: savesTheEnd(row),
          })
    if (next === undefined) await goOn(tx, { ...moved, cursorPage: 1 })
    else if (next.kind === 'ask') await goOn(tx, { ...moved, ...walkColumns(next.walk) })
    else {
      const { ms: intervalMs } = await currentInterval(tx, maxAgeMs)
      await finishResync(deps, tx, moved, { now, intervalMs, endedEarly: next.kind === 'incomplete' })
    }
    return endAttempt(tx, attempt, { kind: 'done' }, now)
  }
  return changeAthlete(db, athleteId, store, scopes)
}

/** Every second listing asks for the empty page behind the oldest activity known: older ones may have been uploaded since. */
const savesTheEnd = ({ run }: Resync): boolean => run % 2 === 1

async function goOn(tx: Tx, row: Resync): Promise<void> {
  await updateResync(tx, row, row)
  await schedule(tx, [nextResyncCall(row)], row.updatedAt)
}

/**
 * Whether a page that follows another one of the same second begins within it. If not, so much was deleted meanwhile
 * that something may have moved past us: the second is listed again.
 */
async function overlaps(tx: Tx, { run }: Resync, ids: readonly StravaId[]): Promise<boolean> {
  if (ids.length === 0) return true
  const [seen] = await tx
    .select({ id: activities.id })
    .from(activities)
    .where(and(idIn(activities.id, ids), eq(activities.resyncRun, run)))
    .limit(1)
  return seen !== undefined
}

/** Strava has shown these, whatever else is known of them. */
async function markSeen(
  tx: Tx,
  { athleteId, run }: Resync,
  ids: readonly StravaId[],
  { sentAt, now }: { readonly sentAt: Date; readonly now: Date },
): Promise<void> {
  if (ids.length === 0) return
  const at = sql`${sentAt.toISOString()}::timestamptz`
  await tx
    .update(activities)
    .set({
      resyncRun: run,
      missingSince: null,
      confirmedAt: sql`case when ${isAhead(activities.confirmedAt, now)} then ${at}
        else greatest(${activities.confirmedAt}, ${at}) end`,
    })
    .where(and(eq(activities.athleteId, athleteId), idIn(activities.id, ids)))
}
