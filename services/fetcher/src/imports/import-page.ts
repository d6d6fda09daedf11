import type { Clock } from '@ikigai/chassis'
import type { StravaId, WaitReason } from '@ikigai/contracts'
import { type Db, imports, sendWithCommit, type Tx } from '@ikigai/db'
import type { ImportEta } from '@ikigai/forecast'
import { enqueue, eventMessage } from '@ikigai/outbox'
import { type ActivityPage, follow, WALK_START, type Walk, type WalkStep } from '@ikigai/strava'
import { and, eq } from 'drizzle-orm'
import { withAthleteLock, withAthleteLockAndRead } from '../activities/athlete-lock.ts'
import { removeUnreadable } from '../activities/remove-unreadable.ts'
import { otherOwners, writeDocuments } from '../activities/store.ts'
import type { CallResult, CallStrava } from '../calls/strava-calls.ts'
import type { Attempt } from '../schedule/attempt.ts'
import { type Ended, endAttempt } from '../schedule/end-attempt.ts'
import { type JobResult, resultWithoutAnswer } from '../schedule/job-result.ts'
import { schedule, type Work } from '../schedule/schedule.ts'
import { importProgress } from './progress.ts'
import { pageRequest, shownBy, walkColumns, walkOf } from './walk-calls.ts'

/** Dependencies of the jobs of the lanes `signup` and `backfill`. */
export interface ImportDeps {
  readonly db: Db
  readonly call: CallStrava
  readonly clock: Clock
  readonly importEta: ImportEta
  /** Replies to sign-ups that wait in these inboxes: the first activities are stored. */
  readonly notifyStored: (inboxes: readonly string[]) => void
}

type ImportRow = typeof imports.$inferSelect

/** Number of newest activities that are stored before the rest of the first page, and whose detail is fetched right after it. */
const NEWEST = 5
/** A first page of up to this many activities is stored in one transaction. */
const SHORT_PAGE = 40
/** The wait that is shown to the athlete after a failed call whose end is not known: ms. */
const FAILED_WAIT_MS = 15_000

/**
 * Fetches the next page of an athlete's history, newest first, and queues the page after it. The `imports` row holds the
 * progress, so a repeated attempt, also after a crash, fetches no page that is stored already.
 */
export async function importPage(deps: ImportDeps, attempt: Attempt): Promise<JobResult> {
  const { db, call, clock } = deps
  const { lane, athleteId } = attempt
  const [row] = await db.select().from(imports).where(eq(imports.athleteId, athleteId))
  if (row === undefined || row.state === 'complete') return { kind: 'done' }
  if (lane === 'signup' && row.pages > 0) return { kind: 'done' }
  if (row.pages === 0 && row.generation > 1)
    await withAthleteLock(db, athleteId, (tx, athlete) =>
      removeUnreadable(tx, athlete, new Date(clock.now())),
    )

  const walk = row.pages === 0 ? WALK_START : walkOf(row)
  const result = await call(attempt, pageRequest(walk))
  switch (result.kind) {
    case 'answer':
      if (attempt.replyTo.length > 0 && row.pages === 0 && result.value.activities.length > SHORT_PAGE)
        await storeNewest(deps, attempt, row, result)
      return { kind: 'done', ended: await storePage(deps, attempt, row, walk, result) }
    case 'not_found':
      return { kind: 'failed', reason: 'Strava does not find the athlete', consumesAttempt: true }
    case 'throttled':
      await recordWait(db, row, result.denial.reason, result.denial.retryAt)
      break
    case 'blocked':
      await recordWait(db, row, result.reason, undefined)
      break
    case 'failed':
      await recordWait(
        db,
        row,
        result.wait?.reason ?? 'strava_unavailable',
        result.wait?.until ?? clock.now() + FAILED_WAIT_MS,
      )
      break
    default:
  }
  return resultWithoutAnswer(result)
}

type PageAnswer = Extract<CallResult<ActivityPage>, { kind: 'answer' }>

/**
 * Stores the newest activities of the first page by themselves and replies, so that a sign-up does not wait for the rest. The
 * import's row stays as it was: after a crash the page is fetched again, and finds these activities unchanged.
 */
async function storeNewest(
  { db, clock, notifyStored }: ImportDeps,
  { replyTo }: Attempt,
  row: ImportRow,
  { value: page, sentAt, scopes }: PageAnswer,
): Promise<void> {
  const { athleteId } = row
  const documents = newestOf(page)
  const isStored = await withAthleteLockAndRead(
    db,
    athleteId,
    async (tx, _athlete, { isCurrent, owners }: Known) => {
      if (!isCurrent) return false
      const now = new Date(clock.now())
      const answer = { athleteId, documents, kind: 'summary' as const, sentAt }
      const [events] = await writeDocuments(tx, answer, now, { owners })
      await sendWithCommit(tx, () => enqueue(tx, events))
      return true
    },
    scopes,
    async (tx) => readKnown(tx, row, documents),
  )
  if (isStored === true) notifyStored(replyTo)
}

async function storePage(
  deps: ImportDeps,
  attempt: Attempt,
  row: ImportRow,
  walk: Walk,
  { value: page, sentAt, scopes }: PageAnswer,
): Promise<Ended | undefined> {
  const { db, clock, importEta } = deps
  const { athleteId } = row
  const { activities: documents } = page
  const store = async (tx: Tx, { isCurrent, owners }: Known): Promise<Ended | undefined> => {
    if (!isCurrent) return undefined
    const now = new Date(clock.now())
    const answer = { athleteId, documents, kind: 'summary' as const, sentAt }
    const [events] = await writeDocuments(tx, answer, now, { owners })
    const next = follow(walk, shownBy(page))
    const work = [
      // Once the athlete's budget of sign-ups is spent, the first page comes by the lane `backfill`: nothing is urgent then.
      ...(attempt.lane === 'signup' && row.pages === 0 ? detailsOf(athleteId, newestOf(page)) : []),
      ...(next.kind === 'ask' ? [{ lane: 'backfill' as const, athleteId }] : []),
    ]
    // Pipelined: the next page is in the queue when the ETA is computed.
    const [moved] = await Promise.all([
      advance(tx, row, { next, skipped: page.skipped }, now),
      enqueue(tx, events),
      schedule(tx, work, now),
    ])
    const data = { import: await importProgress(tx, moved, importEta, now.getTime()) }
    const type = next.kind === 'ask' ? 'import.progressed' : 'import.completed'
    const [ended] = await sendWithCommit(tx, () =>
      Promise.all([
        endAttempt(tx, attempt, { kind: 'done' }, now),
        enqueue(tx, [eventMessage(type, athleteId, data, now)]),
      ]),
    )
    return ended
  }
  return withAthleteLockAndRead(
    db,
    athleteId,
    (tx, _athlete, known: Known) => store(tx, known),
    scopes,
    async (tx) => readKnown(tx, row, documents),
  )
}

/** State read with the athlete's lock, before a page is stored. */
interface Known {
  /** No other replica has stored the page in the meantime. */
  readonly isCurrent: boolean
  /** Other athletes who have activities of the page, as {@link otherOwners} returns them. */
  readonly owners: readonly StravaId[]
}

async function readKnown(tx: Tx, row: ImportRow, documents: ActivityPage['activities']): Promise<Known> {
  const { athleteId } = row
  const own = documents.filter((each) => each.athleteId === athleteId).map(({ id }) => id)
  const [isCurrent, owners] = await Promise.all([lockIfCurrent(tx, row), otherOwners(tx, athleteId, own)])
  return { isCurrent, owners }
}

/** Locks the import. @returns whether it is at the page that the row names: no other replica has stored it */
async function lockIfCurrent(tx: Tx, { athleteId, generation, pages }: ImportRow): Promise<boolean> {
  const [row] = await tx
    .select({ pages: imports.pages })
    .from(imports)
    .where(and(eq(imports.athleteId, athleteId), eq(imports.generation, generation)))
    .for('update')
  return row?.pages === pages
}

async function advance(
  tx: Tx,
  row: ImportRow,
  { next, skipped }: { readonly next: WalkStep; readonly skipped: number },
  now: Date,
): Promise<ImportRow> {
  const common = {
    pages: row.pages + 1,
    unreadable: (row.pages === 0 ? 0 : row.unreadable) + skipped,
    waitReason: null,
    waitUntil: null,
    updatedAt: now,
  }
  const progress =
    next.kind === 'ask'
      ? { state: 'running' as const, ...walkColumns(next.walk) }
      : { state: 'complete' as const, completedAt: now }
  const [moved] = await tx
    .update(imports)
    .set({ ...common, ...progress })
    .where(eq(imports.athleteId, row.athleteId))
    .returning()
  if (moved === undefined) throw new Error('an import that is being changed has no row')
  return moved
}

const newestOf = ({ activities }: ActivityPage) =>
  [...activities].sort((a, b) => b.startDate.getTime() - a.startDate.getTime()).slice(0, NEWEST)

const detailsOf = (athleteId: StravaId, newest: ActivityPage['activities']): Work[] =>
  newest.map(({ id }) => ({ lane: 'newest', athleteId, activityId: id }))

/** Stores why and until when (epoch ms) an import waits, to be shown to the athlete. */
async function recordWait(
  db: Db,
  row: ImportRow,
  reason: WaitReason,
  until: number | undefined,
): Promise<void> {
  const waitUntil = until === undefined ? null : new Date(until)
  if (row.waitReason === reason && row.waitUntil?.getTime() === waitUntil?.getTime()) return
  await db
    .update(imports)
    .set({ waitReason: reason, waitUntil })
    .where(
      and(
        eq(imports.athleteId, row.athleteId),
        eq(imports.generation, row.generation),
        eq(imports.pages, row.pages),
      ),
    )
}
