import type { StravaId } from '@ikigai/contracts'
import { activities, activityColumns, athletes, type Db, detailColumn, toActivity } from '@ikigai/db'
import { and, eq, not, sql } from 'drizzle-orm'
import { exportable, isConfirmed, isPermitted, type VisibilityFilter } from './visibility.ts'

/** Small, because one detail may have hundreds of kilobytes. */
const BATCH_SIZE = 25

/** Stored data of an athlete, read lazily. */
export interface StoredData {
  stravaCreatedAt(): Promise<Date | null>
  /** Batches of export lines, newest activity first. */
  activities(): AsyncIterable<readonly string[]>
  countOmitted(): Promise<OmittedCounts>
}

/** Numbers of activities that are stored but not exported. */
export interface OmittedCounts {
  readonly private: number
  readonly unconfirmed: number
}

/** Stored data of an athlete. `visibility` is evaluated for each query, because an export may take long. */
export const storedData = (db: Db, athleteId: StravaId, visibility: () => VisibilityFilter): StoredData => ({
  async stravaCreatedAt() {
    const [row] = await db
      .select({ at: athletes.stravaCreatedAt })
      .from(athletes)
      .where(eq(athletes.id, athleteId))
    return row?.at ?? null
  },
  activities: () => activityLines(db, visibility),
  async countOmitted() {
    const { confirmedAfter } = visibility()
    const notAllowed = not(isPermitted(athleteId))
    const notConfirmed = and(not(isConfirmed(confirmedAfter)), isPermitted(athleteId))
    const [counts] = await db
      .select({
        private: sql<number>`count(*) filter (where ${notAllowed})::int`,
        unconfirmed: sql<number>`count(*) filter (where ${notConfirmed})::int`,
      })
      .from(activities)
      .where(eq(activities.athleteId, athleteId))
    return counts ?? { private: 0, unconfirmed: 0 }
  },
})

/**
 * The athlete's activities as lines of an export. Each batch is a query of its own that continues after the last row, so
 * that a slow client holds neither a connection nor a transaction.
 */
async function* activityLines(db: Db, visibility: () => VisibilityFilter): AsyncGenerator<readonly string[]> {
  let last: { readonly startAt: Date; readonly id: string } | undefined
  for (;;) {
    const rows = await nextRows(db, visibility(), last)
    if (rows.length === 0) return
    yield rows.map(toLine)
    last = rows.at(-1)
    if (last === undefined || rows.length < BATCH_SIZE) return
  }
}

function nextRows(
  db: Db,
  visibility: VisibilityFilter,
  last: { readonly startAt: Date; readonly id: string } | undefined,
) {
  const after =
    last === undefined
      ? undefined
      : sql`(${activities.startAt}, ${activities.id})
          < (${sql.param(last.startAt, activities.startAt)}, ${sql.param(last.id, activities.id)})`
  return db
    .select({
      ...activityColumns(visibility.confirmedAfter),
      summary: activities.summary,
      detail: detailColumn(visibility.confirmedAfter),
      detailAt: activities.detailAt,
      viewedAt: activities.viewedAt,
      hiddenAt: activities.hiddenAt,
    })
    .from(activities)
    .where(and(exportable(visibility), after))
    .orderBy(sql`${activities.startAt} desc nulls last`, sql`${activities.id} desc nulls last`)
    .limit(BATCH_SIZE)
}

type Row = Awaited<ReturnType<typeof nextRows>>[number]

/** Strava's documents are copied as text: parsing would round large ids. */
function toLine({ summary, detail, detailAt, viewedAt, hiddenAt, ...row }: Row): string {
  const activity = JSON.stringify(toActivity(row))
  const times = JSON.stringify({
    detail_fetched_at: detail === null ? null : detailAt,
    viewed_at: viewedAt,
    hidden_at: hiddenAt,
  })
  return (
    `{"kind":"activity","activity":${activity},"summary":${summary ?? 'null'},"detail":${detail ?? 'null'},` +
    `${times.slice(1)}\n`
  )
}
