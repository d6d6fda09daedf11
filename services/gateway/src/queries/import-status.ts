import { isValid } from '@ikigai/chassis/validation'
import type { ImportStatus } from '@ikigai/contracts'
import { WaitReasonSchema } from '@ikigai/contracts'
import { activities, athletes, type Db, imports, queuePosition, resyncs, withOffset } from '@ikigai/db'
import { etaStatus } from '@ikigai/forecast'
import { readLedger } from '@ikigai/quota'
import { connectionOf, importStateOf, isUnconfirmed } from '@ikigai/status'
import { count, eq, sql } from 'drizzle-orm'
import { fitsInt64 } from './int64.ts'
import { type VisibilityFilter, visibleTo } from './visibility.ts'

/** Status of an athlete's import; undefined without an account. `now`: epoch ms. */
export async function importStatus(
  db: Db,
  visibility: VisibilityFilter,
  now: number,
): Promise<ImportStatus | undefined> {
  if (!fitsInt64(visibility.athleteId)) return undefined
  const { id, scopes, grantState, erasureDueAt, endReportedAt, connectedAt } = athletes
  const [[row], [stored], [oldest], ledger, position] = await Promise.all([
    db
      .select({
        athlete: { id, scopes, grantState, erasureDueAt, endReportedAt, connectedAt },
        import: imports,
        resyncedAt: resyncs.completeAt,
      })
      .from(athletes)
      .leftJoin(imports, eq(imports.athleteId, athletes.id))
      .leftJoin(resyncs, eq(resyncs.athleteId, athletes.id))
      .where(eq(athletes.id, visibility.athleteId)),
    db.select({ count: count() }).from(activities).where(visibleTo(visibility)),
    db
      .select({ startAt: activities.startAt, offset: activities.utcOffsetSeconds })
      .from(activities)
      .where(visibleTo(visibility))
      // The reverse order of the index on the start time, so that PostgreSQL reads it backwards.
      .orderBy(sql`${activities.startAt} asc nulls first`, sql`${activities.id} asc nulls first`)
      .limit(1),
    readLedger(db),
    queuePosition(db, visibility.athleteId),
  ])
  if (row === undefined) return undefined
  const { athlete, import: progress, resyncedAt } = row
  const maxAgeMs = now - visibility.confirmedAfter.getTime()
  const importRow =
    progress === null
      ? undefined
      : {
          ...progress,
          waitReason: reasonOf(progress.waitReason),
          isUnconfirmed: isUnconfirmed([progress.completedAt, resyncedAt], maxAgeMs, now),
        }
  const { state, waiting } = importStateOf(importRow, connectionOf(athlete), ledger, now)
  // An import that waits for its athlete has no ETA.
  const eta = state === 'blocked' ? null : progress?.publishedEta
  return {
    athlete_id: athlete.id,
    state,
    activities_stored: stored?.count ?? 0,
    pages_fetched: progress?.pages ?? 0,
    oldest_start_time: oldest === undefined ? null : withOffset(oldest.startAt, oldest.offset),
    queue_position: progress?.state === 'complete' ? null : (position ?? null),
    ...etaStatus(eta, progress?.state ?? 'queued', stored?.count ?? 0, now),
    waiting,
    started_at: (progress?.startedAt ?? athlete.connectedAt).toISOString(),
    updated_at: (progress?.updatedAt ?? athlete.connectedAt).toISOString(),
    completed_at: progress?.completedAt?.toISOString() ?? null,
  }
}

const reasonOf = (stored: string | null) => (isValid(WaitReasonSchema, stored) ? stored : undefined)
