import type { Athlete, ImportStatus, StravaId } from '@ikigai/contracts'
import { activities, activityColumns, athletes, type Db, detailColumn, toActivity } from '@ikigai/db'
import { and, eq, not, sql } from 'drizzle-orm'
import { exportable, isAllowed, isConfirmed, type View } from '../reads/shown.ts'

/** Rows that are held at once; a detail may have hundreds of kilobytes. */
const BATCH = 25

/** What an export is made of. */
export interface ExportSources {
  readonly athlete: Athlete
  readonly import: ImportStatus
  readonly stored: StoredData
}

/** What the database holds of an athlete beside what the API shows. */
export interface StoredData {
  stravaCreatedAt(): Promise<Date | null>
  /** Activities in batches, newest first. */
  activities(): AsyncIterable<readonly string[]>
  leftOut(): Promise<LeftOut>
}

/** How many activities are stored and not exported. */
export interface LeftOut {
  readonly private: number
  readonly unconfirmed: number
}

/** Everything of an athlete, line by line as JSON text. */
export async function* exportLines({
  athlete,
  import: status,
  stored,
}: ExportSources): AsyncGenerator<string> {
  const createdAt = await stored.stravaCreatedAt()
  yield lineOf({ kind: 'athlete', athlete, strava_created_at: createdAt?.toISOString() ?? null })
  yield lineOf({ kind: 'import', import: status })
  let count = 0
  for await (const batch of stored.activities()) {
    for (const line of batch) yield line
    count += batch.length
  }
  yield lineOf({ kind: 'end', activities: count, left_out: await stored.leftOut() })
}

const lineOf = (content: object) => `${JSON.stringify(content)}\n`

/** Reads what is stored of an athlete; `view` is asked anew for each query, because an export may take long. */
export const storedData = (db: Db, athleteId: StravaId, view: () => View): StoredData => ({
  async stravaCreatedAt() {
    const [row] = await db
      .select({ at: athletes.stravaCreatedAt })
      .from(athletes)
      .where(eq(athletes.id, athleteId))
    return row?.at ?? null
  },
  activities: () => activityLines(db, view),
  async leftOut() {
    const { confirmedAfter } = view()
    const notAllowed = not(isAllowed(athleteId))
    const notConfirmed = and(not(isConfirmed(confirmedAfter)), isAllowed(athleteId))
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
 * The athlete's activities as lines of an export, read as they are wanted. Each batch is a query of its own that goes on
 * after the last row: a client that reads slowly holds no connection and no transaction.
 */
async function* activityLines(db: Db, view: () => View): AsyncGenerator<readonly string[]> {
  let last: { readonly startAt: Date; readonly id: string } | undefined
  for (;;) {
    const rows = await nextRows(db, view(), last)
    if (rows.length === 0) return
    yield rows.map(toLine)
    last = rows.at(-1)
    if (last === undefined || rows.length < BATCH) return
  }
}

function nextRows(db: Db, view: View, last: { readonly startAt: Date; readonly id: string } | undefined) {
  const after =
    last === undefined
      ? undefined
      : sql`(${activities.startAt}, ${activities.id})
          < (${sql.param(last.startAt, activities.startAt)}, ${sql.param(last.id, activities.id)})`
  return db
    .select({
      ...activityColumns(view.confirmedAfter),
      summary: activities.summary,
      detail: detailColumn(view.confirmedAfter),
      detailAt: activities.detailAt,
      viewedAt: activities.viewedAt,
      hiddenAt: activities.hiddenAt,
    })
    .from(activities)
    .where(and(exportable(view), after))
    .orderBy(sql`${activities.startAt} desc nulls last`, sql`${activities.id} desc nulls last`)
    .limit(BATCH)
}

type Row = Awaited<ReturnType<typeof nextRows>>[number]

/** Strava's documents go out as text: parsing them would round their larger ids. */
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
