import type { StravaId } from '@ikigai/contracts'
import { activities, idIn, imports, type Tx } from '@ikigai/db'
import { type ActivityPage, follow, oldestSeenWith, savesTheEnd, type Walk } from '@ikigai/strava'
import { and, eq, sql } from 'drizzle-orm'
import { storeDocuments } from '../activities/store.ts'
import type { CallResult } from '../calls/strava-calls.ts'
import { isInFuture } from '../clocks/ahead.ts'
import { pageRequest, shownBy, walkColumns, walkOf } from '../imports/walk-calls.ts'
import type { Attempt } from '../schedule/attempt.ts'
import { type JobResult, resultWithoutAnswer } from '../schedule/job-result.ts'
import { advance, continueRun } from './advance.ts'
import { finishResync } from './finish.ts'
import {
  countUnmet,
  currentInterval,
  postpone,
  type Resync,
  type ResyncDeps,
  readResync,
  updateResync,
} from './resync-row.ts'
import { verifyNext } from './verify-missing.ts'
import { sampleNext } from './verify-sample.ts'

/** Number of failed calls in a row after which a run is postponed. */
const MAX_FAILURES = 4

/**
 * Makes the next call of an athlete's resync, and queues the one after it. The call fetches a page, or, once all pages are
 * stored, one of the activities that were missing from them. The `resyncs` row holds the progress, so a repeated attempt, also after a crash,
 * changes nothing that is stored already.
 */
export async function resyncPage(deps: ResyncDeps, attempt: Attempt): Promise<JobResult> {
  const { athleteId } = attempt
  const row = await readResync(deps.db, athleteId)
  if (row === undefined) return { kind: 'done' }
  const [current] = await deps.db
    .select({ generation: imports.generation, state: imports.state })
    .from(imports)
    .where(eq(imports.athleteId, athleteId))
  // The athlete has connected again: the new import comes first.
  if (current?.generation !== row.generation || current.state !== 'complete') {
    await postpone(deps, row)
    return { kind: 'done' }
  }
  if (row.state === 'verifying') return verifyNext(deps, attempt, row)
  return row.state === 'sampling' ? sampleNext(deps, attempt, row) : listPage(deps, attempt, row)
}

async function listPage(deps: ResyncDeps, attempt: Attempt, row: Resync): Promise<JobResult> {
  const walk = walkOf(row)
  const result = await deps.call(attempt, pageRequest(walk))
  if (result.kind !== 'answer') return withoutAnswer(deps, row, result)
  return storePage(deps, attempt, row, walk, result)
}

/** Handles a call without an answer. A run that cannot continue deletes nothing; the next one starts from the first page. */
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
  const reason = result.kind === 'failed' ? result.reason : 'Strava does not find the athlete'
  if (row.failures + 1 >= MAX_FAILURES) {
    deps.logger.warn({ reason }, 'resync postponed')
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
): Promise<JobResult> {
  const { athleteId } = row
  const store = async (tx: Tx, now: Date): Promise<void> => {
    const ids = page.activities.filter((each) => each.athleteId === athleteId).map(({ id }) => id)
    const hasPageGap = walk.page > 1 && !(await overlaps(tx, row, ids))
    await storeDocuments(tx, { athleteId, documents: page.activities, kind: 'summary', sentAt }, now)
    await markSeen(tx, row, ids, { sentAt: new Date(sentAt), now })
    const moved = {
      ...row,
      step: row.step + 1,
      unreadable: row.unreadable + page.skipped,
      // An item that cannot be parsed may be one of the missing activities.
      incomplete: row.incomplete || hasPageGap || page.skipped > 0,
      failures: 0,
      updatedAt: now,
    }
    const shown = shownBy(page)
    const next =
      hasPageGap && !row.incomplete
        ? undefined
        : follow(walk, shown, {
            unmet: await countUnmet(tx, row, oldestSeenWith(walk, shown), now),
            savesTheEnd: savesTheEnd(row.run),
          })
    if (next === undefined) await continueRun(tx, { ...moved, cursorPage: 1 })
    else if (next.kind === 'ask') await continueRun(tx, { ...moved, ...walkColumns(next.walk) })
    else {
      const { ms: intervalMs } = await currentInterval(tx, deps.maxAgeMs)
      await finishResync(deps, tx, moved, { now, intervalMs, endedEarly: next.kind === 'incomplete' })
    }
  }
  return advance(deps, attempt, row, store, scopes)
}

/**
 * Whether a further page of one start second overlaps the pages before it. If not, deletions between the calls may have shifted
 * activities from this page to an earlier one, so the activities of that second are listed again.
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

/** Marks activities as returned by this run. */
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
      confirmedAt: sql`case when ${isInFuture(activities.confirmedAt, now)} then ${at}
        else greatest(${activities.confirmedAt}, ${at}) end`,
    })
    .where(and(eq(activities.athleteId, athleteId), idIn(activities.id, ids)))
}
