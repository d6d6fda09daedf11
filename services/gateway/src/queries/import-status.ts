import { isValid } from '@ikigai/chassis/validation'
import type { ImportStatus, Wait, WaitReason } from '@ikigai/contracts'
import { WaitReasonSchema } from '@ikigai/contracts'
import { activities, athletes, type Db, imports, queuePosition, withOffset } from '@ikigai/db'
import { etaStatus } from '@ikigai/forecast'
import { check, type LedgerState, readLedger, waitOf } from '@ikigai/quota'
import { count, eq, sql } from 'drizzle-orm'
import { fitsInt64 } from './int64.ts'
import { type VisibilityFilter, visibleTo } from './visibility.ts'

type AthleteRow = Pick<typeof athletes.$inferSelect, 'id' | 'scopes' | 'grantState' | 'connectedAt'>
type ImportRow = typeof imports.$inferSelect

/** Where the import of an athlete's history stands, if known. `now` is epoch ms. */
export async function importStatus(
  db: Db,
  visibility: VisibilityFilter,
  now: number,
): Promise<ImportStatus | undefined> {
  if (!fitsInt64(visibility.athleteId)) return undefined
  const { id, scopes, grantState, connectedAt } = athletes
  const [[row], [stored], [oldest], ledger, position] = await Promise.all([
    db
      .select({ athlete: { id, scopes, grantState, connectedAt }, import: imports })
      .from(athletes)
      .leftJoin(imports, eq(imports.athleteId, athletes.id))
      .where(eq(athletes.id, visibility.athleteId)),
    db.select({ count: count() }).from(activities).where(visibleTo(visibility)),
    db
      .select({ startAt: activities.startAt, offset: activities.utcOffsetSeconds })
      .from(activities)
      .where(visibleTo(visibility))
      // As the index on the start is ordered, read from its end.
      .orderBy(sql`${activities.startAt} asc nulls first`, sql`${activities.id} asc nulls first`)
      .limit(1),
    readLedger(db),
    queuePosition(db, visibility.athleteId),
  ])
  if (row === undefined) return undefined
  const { athlete, import: progress } = row
  const needs = needOf(athlete, progress)
  const state = stateOf(progress, needs)
  // Of an import that waits for its athlete nothing can be said.
  const told = state === 'blocked' ? null : progress?.publishedEta
  return {
    athlete_id: athlete.id,
    state,
    activities_stored: stored?.count ?? 0,
    pages_fetched: progress?.pages ?? 0,
    oldest_start_time: oldest === undefined ? null : withOffset(oldest.startAt, oldest.offset),
    queue_position: progress?.state === 'complete' ? null : (position ?? null),
    ...etaStatus(told, progress?.state ?? 'queued', stored?.count ?? 0, now),
    waiting: state === 'blocked' && needs !== undefined ? waitOf(needs) : waitingFor(progress, ledger, now),
    started_at: (progress?.startedAt ?? athlete.connectedAt).toISOString(),
    updated_at: (progress?.updatedAt ?? athlete.connectedAt).toISOString(),
    completed_at: progress?.completedAt?.toISOString() ?? null,
  }
}

type Need = Extract<WaitReason, 'needs_reauthorization' | 'scope_missing'>

/** Either of these lets an application list activities (Strava API docs, "Authentication"). */
const READING_SCOPES = ['activity:read', 'activity:read_all']

/** The reason if only the athlete can end the wait. */
function needOf(athlete: AthleteRow, progress: ImportRow | null): Need | undefined {
  if (athlete.grantState === 'needs_reauthorization') return 'needs_reauthorization'
  if (!athlete.scopes.some((scope) => READING_SCOPES.includes(scope))) return 'scope_missing'
  const met = progress?.waitReason
  return met === 'needs_reauthorization' || met === 'scope_missing' ? met : undefined
}

/** A complete history whose grant is over is blocked too: it grows no more. */
function stateOf(progress: ImportRow | null, needs: Need | undefined): ImportStatus['state'] {
  if (progress?.state === 'complete' && needs !== 'needs_reauthorization') return 'complete'
  return needs === undefined ? (progress?.state ?? 'queued') : 'blocked'
}

/** Of what the last try met and what the ledger says now, that which lasts longer. */
function waitingFor(progress: ImportRow | null, ledger: LedgerState | undefined, now: number): Wait | null {
  if (progress?.state === 'complete') return null
  // The first page comes in the lane that leaves nothing to others.
  const lane = progress === null || progress.pages === 0 ? 'signup' : 'backfill'
  const decision = ledger && check(ledger, lane, now)
  const met = waitMet(progress, now)
  if (decision?.allowed === false && (met === undefined || endOf(met) < decision.retryAt))
    return waitOf(decision.reason, decision.retryAt)
  if (met !== undefined) return met
  return progress?.state === 'running' ? null : waitOf('queued')
}

/** The wait recorded by the last attempt, if it has not ended. */
function waitMet(progress: ImportRow | null, now: number): Wait | undefined {
  const reason = progress?.waitReason
  if (!isValid(WaitReasonSchema, reason)) return undefined
  const until = progress?.waitUntil?.getTime()
  return until !== undefined && until <= now ? undefined : waitOf(reason, until)
}

const endOf = ({ until }: Wait) => (until === null ? Number.POSITIVE_INFINITY : Date.parse(until))
