import type { ImportStatus } from '@ikigai/contracts'
import { activities, type imports, type Tx } from '@ikigai/db'
import { etaStatus, type ImportEta } from '@ikigai/forecast'
import { and, count, eq, isNull, min } from 'drizzle-orm'

/** The progress of an import as its events report it. `now` is epoch ms. */
export async function importProgress(
  tx: Tx,
  row: typeof imports.$inferSelect,
  importEta: ImportEta,
  now: number,
): Promise<ImportStatus> {
  const { athleteId } = row
  const counting = tx
    .select({ count: count(), oldest: min(activities.startAt) })
    .from(activities)
    .where(and(eq(activities.athleteId, athleteId), isNull(activities.hiddenAt)))
  const [[stored], published] = await Promise.all([counting, importEta.revise(tx, row, now)])
  return {
    athlete_id: athleteId,
    state: row.state,
    activities_stored: stored?.count ?? 0,
    pages_fetched: row.pages,
    oldest_start_time: stored?.oldest?.toISOString() ?? null,
    queue_position: null,
    ...etaStatus(published, row.state, stored?.count ?? 0, now),
    waiting: null,
    started_at: row.startedAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    completed_at: row.completedAt?.toISOString() ?? null,
  }
}
