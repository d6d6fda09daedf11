import type { Activity, ActivitySort } from '@ikigai/contracts'
import { type ActivityRow, activities, activityColumns, type Db, toActivity } from '@ikigai/db'
import { and, type SQL, sql } from 'drizzle-orm'
import { confirmedAtMs } from './activities.ts'
import { withFields } from './activity-fields.ts'
import { decodeCursor, encodeCursor, isStorable, type ListShape, type Position } from './cursor.ts'
import { InputError } from './input-error.ts'
import type { ListRequest, SparseListRequest } from './list-request.ts'
import { type VisibilityFilter, visibleTo } from './visibility.ts'

type Column = 'startAt' | 'distanceMeters' | 'movingTimeSeconds' | 'elevationGainMeters'

const COLUMNS: Readonly<Record<string, Column>> = {
  start_time: 'startAt',
  distance: 'distanceMeters',
  moving_time: 'movingTimeSeconds',
  elevation_gain: 'elevationGainMeters',
}

/** A page as read, and how long it may be served. */
export interface FreshPage<Item = Activity> {
  readonly page: { readonly data: Item[]; readonly next_cursor: string | null }
  /** When Strava confirmed the activity of the page whose confirmation is the oldest: epoch ms; infinite for an empty page. */
  readonly confirmedAtMs: number
}

/**
 * A page of the athlete's activities. Ties are ordered by id, so that pages neither repeat nor skip an activity.
 * @throws InputError
 */
export async function listActivities(
  db: Db,
  visibility: VisibilityFilter,
  request: ListRequest,
): Promise<FreshPage> {
  return await readPage(db, visibility, request, activityColumns(visibility.confirmedAfter))
}

/**
 * As {@link listActivities}, with selected fields. The polyline, the largest column, is read only if it is selected.
 * @throws InputError
 */
export async function listSparseActivities(
  db: Db,
  visibility: VisibilityFilter,
  { fields, ...request }: SparseListRequest,
): Promise<FreshPage<Partial<Activity>>> {
  if (fields === undefined) return await listActivities(db, visibility, request)
  const columns = activityColumns(visibility.confirmedAfter)
  const { page, confirmedAtMs } = await readPage(
    db,
    visibility,
    request,
    fields.includes('summary_polyline') ? columns : { ...columns, summaryPolyline: sql<null>`null::text` },
  )
  return {
    page: { ...page, data: page.data.map((activity) => withFields(activity, fields)) },
    confirmedAtMs,
  }
}

type Columns = Omit<ReturnType<typeof activityColumns>, 'summaryPolyline'> & {
  readonly summaryPolyline: ReturnType<typeof activityColumns>['summaryPolyline'] | SQL<null>
}

async function readPage(
  db: Db,
  visibility: VisibilityFilter,
  request: ListRequest,
  columns: Columns,
): Promise<FreshPage> {
  const { filter, sort = '-start_time', limit, cursor } = request
  const shape = { filter, sort }
  const { column, isDescending } = orderOf(sort)
  // Matches the index on the start time, which is scanned in either direction.
  const direction = isDescending ? sql`desc nulls last` : sql`asc nulls first`
  const rows = await db
    .select({ ...columns, detailAt: activities.detailAt })
    .from(activities)
    .where(and(visibleTo(visibility, filter), cursor === undefined ? undefined : isAfter(shape, cursor)))
    .orderBy(sql`${activities[column]} ${direction}`, sql`${activities.id} ${direction}`)
    .limit(limit + 1)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const hasMore = rows.length > limit && last !== undefined
  const next = hasMore ? encodeCursor(shape, positionOf(last, column)) : null
  return {
    page: { data: page.map(toActivity), next_cursor: next },
    confirmedAtMs: Math.min(...page.map(confirmedAtMs)),
  }
}

function orderOf(sort: ActivitySort): { readonly column: Column; readonly isDescending: boolean } {
  return { column: COLUMNS[sort.replace('-', '')] ?? 'startAt', isDescending: sort.startsWith('-') }
}

function positionOf(row: ActivityRow, column: Column): Position {
  const value = row[column]
  return { value: value instanceof Date ? value.getTime() : value, id: row.id }
}

function isAfter(shape: ListShape, cursor: string): SQL {
  const { value, id } = decodeCursor(shape, cursor)
  const { column, isDescending } = orderOf(shape.sort)
  const bound = column === 'startAt' ? instantOf(value) : sql.param(value, activities[column])
  return sql`(${activities[column]}, ${activities.id})
    ${isDescending ? sql`<` : sql`>`} (${bound}, ${sql.param(id, activities.id)})`
}

function instantOf(ms: number): SQL {
  const instant = new Date(ms)
  if (!isStorable(instant))
    throw new InputError('/cursor', 'This cursor was not issued by this operation.', 'invalid_cursor')
  return sql`${sql.param(instant, activities.startAt)}`
}
