import type { Athlete, ImportStatus } from '@ikigai/contracts'
import { activities, activityColumns, type Db, detailColumn, toActivity } from '@ikigai/db'
import { and, sql } from 'drizzle-orm'
import { shown, type View } from '../reads/shown.ts'

/** Rows that are held at once; a detail may have hundreds of kilobytes. */
const BATCH = 25

/** What an export is made of. */
export interface ExportSources {
  readonly athlete: Athlete
  readonly import: ImportStatus
  /** Activities in batches, newest first. */
  readonly activities: AsyncIterable<readonly string[]>
}

/** Everything of an athlete, line by line as JSON text. */
export async function* exportLines(sources: ExportSources): AsyncGenerator<string> {
  yield `${JSON.stringify({ kind: 'athlete', athlete: sources.athlete })}\n`
  yield `${JSON.stringify({ kind: 'import', import: sources.import })}\n`
  let count = 0
  for await (const batch of sources.activities) {
    for (const line of batch) yield line
    count += batch.length
  }
  yield `${JSON.stringify({ kind: 'end', activities: count })}\n`
}

/**
 * The athlete's activities as lines of an export, read as they are wanted. Each batch is a query of its own that goes on
 * after the last row: a client that reads slowly holds no connection and no transaction.
 */
export async function* activityLines(db: Db, view: () => View): AsyncGenerator<readonly string[]> {
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
    })
    .from(activities)
    .where(and(shown(view), after))
    .orderBy(sql`${activities.startAt} desc nulls last`, sql`${activities.id} desc nulls last`)
    .limit(BATCH)
}

/** Strava's documents go out as text: parsing them would round their larger ids. */
function toLine({ summary, detail, ...row }: Awaited<ReturnType<typeof nextRows>>[number]): string {
  const activity = JSON.stringify(toActivity(row))
  return `{"kind":"activity","activity":${activity},"summary":${summary ?? 'null'},"detail":${detail ?? 'null'}}\n`
}
