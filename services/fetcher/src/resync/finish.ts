import { activities, type Tx } from '@ikigai/db'
import { and, count, eq, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm'
import { deleteActivities } from '../activities/delete-activities.ts'
import { CLOCK_MARGIN_MS } from '../clocks/ahead.ts'
import { schedule } from '../schedule/schedule.ts'
import {
  type DeletionDecision,
  decideDeletions,
  QUARANTINE_MS,
  REPEAT_MS,
  type ResyncDiff,
} from './decide-deletions.ts'
import { nextResyncAt } from './interval.ts'
import { isMissingFrom, nextResyncCall, type Resync, type ResyncDeps, updateResync } from './resync-row.ts'

/** Ends a run: deletes the missing activities that are proven gone, marks the others as missing, and stores what follows. */
export async function finishResync(
  deps: Pick<ResyncDeps, 'logger' | 'clocks'>,
  tx: Tx,
  row: Resync,
  { now, intervalMs, endedEarly }: ResyncEnd,
): Promise<void> {
  const diff = await compareWithStored(tx, row, now)
  const inconclusive = row.incomplete || !deps.clocks.agree()
  const decision = decideDeletions({ ...diff, endedEarly, inconclusive })
  await deleteProven(tx, row, decision, now)
  await markMissing(tx, row, decision, now)
  const quarantined = decision.next === 'quarantine' || decision.next === 'sample' ? diff.missing : 0
  if (decision.next === 'quarantine') reportQuarantine(deps, row, { ...diff, endedEarly }, now)
  const next = {
    ...row,
    state: STATES[decision.next],
    incomplete: inconclusive || endedEarly,
    verifiedUpTo: null,
    sampled: 0,
    completeAt: endedEarly ? row.completeAt : row.startedAt,
    quarantined,
    quarantinedSince: quarantinedSince(row, { quarantined, decision }, now),
    approved: false,
    dueAt: new Date(dueAfter(row, decision, now.getTime(), intervalMs)),
  }
  await updateResync(tx, row, next)
  if (next.state !== 'idle') await schedule(tx, [nextResyncCall(next)], now)
}

/** How a run ended. */
export interface ResyncEnd {
  readonly now: Date
  readonly intervalMs: number
  /** Strava's list ended although older activities are stored. */
  readonly endedEarly: boolean
}

const STATES = {
  verify: 'verifying',
  sample: 'sampling',
  settled: 'idle',
  repeat: 'idle',
  quarantine: 'idle',
} as const

function quarantinedSince(
  { quarantinedSince: since }: Resync,
  { quarantined, decision }: { readonly quarantined: number; readonly decision: DeletionDecision },
  now: Date,
): Date | null {
  if (quarantined === 0) return null
  return decision.mark === 'all' ? now : (since ?? now)
}

function reportQuarantine(
  { logger }: Pick<ResyncDeps, 'logger'>,
  row: Resync,
  { stored, missing, endedEarly }: Pick<ResyncDiff, 'stored' | 'missing' | 'endedEarly'>,
  now: Date,
): void {
  logger.warn(
    {
      stored,
      missing,
      ended_early: endedEarly,
      since: row.quarantinedSince ?? now,
    },
    'mass deletion quarantined until a complete resync a day later confirms it, or an operator approves it: see `quarantine list`',
  )
}

type Compared = Omit<ResyncDiff, 'endedEarly' | 'inconclusive'>

async function compareWithStored(tx: Tx, row: Resync, now: Date): Promise<Compared> {
  const { athleteId, quarantined, approved, step } = row
  const isMissing = isMissingFrom(row, now)
  const among = (condition: SQL | undefined) =>
    sql<number>`count(*) filter (where ${and(isMissing, condition)})`.mapWith(Number)
  const [counts] = await tx
    .select({
      stored: count(),
      missing: among(undefined),
      confirmedMissing: among(isNotNull(activities.missingSince)),
      confirmedMissingLong: among(isMissingLong(row)),
    })
    .from(activities)
    .where(eq(activities.athleteId, athleteId))
  const none = { stored: 0, missing: 0, confirmedMissing: 0, confirmedMissingLong: 0 }
  return { ...(counts ?? none), quarantined, approved, calls: step }
}

/** The condition that a run at least {@link QUARANTINE_MS} earlier missed the activity too. */
export const isMissingLong = ({ startedAt }: Resync): SQL =>
  lte(activities.missingSince, new Date(startedAt.getTime() - QUARANTINE_MS))

async function deleteProven(tx: Tx, row: Resync, { erase }: DeletionDecision, now: Date): Promise<void> {
  if (erase === 'none') return
  const which = and(isMissingFrom(row, now), erase === 'all' ? undefined : isNotNull(activities.missingSince))
  await deleteActivities(tx, row.athleteId, which ?? sql`false`, { goneAt: row.startedAt, now })
}

async function markMissing(tx: Tx, row: Resync, decision: DeletionDecision, now: Date): Promise<void> {
  if (decision.mark === 'none') return
  const unmarked = decision.mark === 'all' ? undefined : isNull(activities.missingSince)
  await tx
    .update(activities)
    .set({ missingSince: now })
    .where(and(isMissingFrom(row, now), unmarked))
}

/** When the next run after a quarantine is due. */
export const afterQuarantine = (now: number): Date => new Date(now + QUARANTINE_MS + CLOCK_MARGIN_MS)

function dueAfter(row: Resync, { next }: DeletionDecision, now: number, intervalMs: number): number {
  if (next === 'repeat') return now + REPEAT_MS + CLOCK_MARGIN_MS
  if (next === 'quarantine' || next === 'sample') return afterQuarantine(now).getTime()
  return nextResyncAt(row.athleteId, { startedAt: row.startedAt.getTime(), isImport: false }, intervalMs)
}
