import type { FetchRequestBody } from '@ikigai/bus'
import type { StravaId } from '@ikigai/contracts'
import { imports, sendWithCommit, type Tx } from '@ikigai/db'
import { eq } from 'drizzle-orm'
import type { LockedAthlete } from '../activities/athlete-lock.ts'
import { recordArrivals, schedule } from '../schedule/schedule.ts'

/** An athlete's import as it is when a request arrives. */
export type FoundImport = Pick<typeof imports.$inferSelect, 'generation' | 'pages' | 'connectedAt'>

/** Reads and locks an athlete's import, under the athlete's lock. */
export async function findImport(tx: Tx, athleteId: StravaId): Promise<FoundImport | undefined> {
  const { generation, pages, connectedAt } = imports
  const [row] = await tx
    .select({ generation, pages, connectedAt })
    .from(imports)
    .where(eq(imports.athleteId, athleteId))
    .for('update')
  return row
}

/**
 * Starts the import of the athlete's current connection, unless it has started, and queues the first page. A connection
 * has one import, however often it is requested; the import stores when the athlete connected. It ends the transaction.
 * @param found result of {@link findImport}
 * @returns whether the first page is stored already, so that the caller has to reply
 */
export async function acceptSignUp(
  tx: Tx,
  athlete: LockedAthlete,
  { reply_to: replyTo, urgent = true }: FetchRequestBody<'signup'>,
  found: FoundImport | undefined,
  now: Date,
): Promise<boolean> {
  const { id: athleteId, connectedAt } = athlete
  const hasBegun =
    found !== undefined &&
    (found.connectedAt === null || found.connectedAt.getTime() === connectedAt.getTime())
  if (hasBegun && found.pages > 0) return true
  const writing: Promise<unknown>[] = []
  if (!hasBegun) {
    const fresh = {
      state: 'queued' as const,
      generation: (found?.generation ?? 0) + 1,
      pages: 0,
      cursorBefore: null,
      cursorPage: 1,
      waitReason: null,
      waitUntil: null,
      publishedEta: null,
      connectedAt,
      startedAt: now,
      updatedAt: now,
      completedAt: null,
    }
    const insertion = tx
      .insert(imports)
      .values({ athleteId, ...fresh })
      .onConflictDoUpdate({ target: imports.athleteId, set: fresh })
    writing.push(insertion.execute())
    recordArrivals(tx, 'signup', 1)
  }
  const work = urgent
    ? { lane: 'signup' as const, athleteId, replyTo }
    : { lane: 'backfill' as const, athleteId }
  await sendWithCommit(tx, () => Promise.all([...writing, schedule(tx, [work], now)]))
  return false
}
