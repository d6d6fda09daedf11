import type { ImportStatus } from '@ikigai/contracts'
import { activities, type imports, type Tx } from '@ikigai/db'
import type { ImportOutlooks } from '@ikigai/quota'
import { and, count, eq, isNull, min } from 'drizzle-orm'

/** Where an import stands, as its events tell it. `now` is epoch ms. */
export async function importProgress(
  tx: Tx,
  row: typeof imports.$inferSelect,
  outlooks: ImportOutlooks,
  now: number,
): Promise<ImportStatus> {
  const { athleteId } = row
  const [stored] = await tx
    .select({ count: count(), oldest: min(activities.startAt) })
    .from(activities)
    .where(and(eq(activities.athleteId, athleteId), isNull(activities.hiddenAt)))
  const outlook = await outlooks.of(tx, row, stored?.count ?? 0, now)
  return {
    athlete_id: athleteId,
    state: row.state,
    activities_stored: stored?.count ?? 0,
    pages_fetched: row.pages,
    oldest_start_time: stored?.oldest?.toISOString() ?? null,
    activities_expected: outlook.activities_expected,
    queue_position: null,
    eta: outlook.eta,
    waiting: null,
    started_at: row.startedAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    completed_at: row.completedAt?.toISOString() ?? null,
  }
}
