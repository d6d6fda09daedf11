import type { StravaId } from '@ikigai/contracts'
import {
  athletePresence,
  athletes,
  type Db,
  fetchQueue,
  imports,
  type Tx,
  wantedActivities,
} from '@ikigai/db'
import type { PagesToCome } from '@ikigai/quota'
import { sql } from 'drizzle-orm'
import { historyLength, NEW_ON_PAGE, PAGE_SIZE } from './history-length.ts'
import type { Waiting } from './queue-simulation.ts'

/** The remaining work of a running import. */
export interface PendingImport {
  /** Activities of the whole history; null while its length is unknown; 0: the stored ones are probably all. */
  readonly expected: number | null
  /** Pages fetched so far. */
  readonly fetched: number
  /** Pages left: by the density of the pages so far until the account began, at least one. */
  readonly pagesLeft: number
  /** Whether the account's creation is known or the end is near, so that `pagesLeft` is an estimate and not a placeholder. */
  readonly hasEvidence: boolean
  /** Whether the athlete is watching now. */
  readonly isWatching: boolean
}

/** Minimum time span from which the density is extrapolated: a day, in seconds. */
const MIN_SPAN = 86_400

const seconds = (instant: ReturnType<typeof sql>) => sql`extract(epoch from ${instant})`

/** Activities on the pages so far, all of them about full. */
const listed = sql`(${imports.pages} * ${NEW_ON_PAGE}::int + 1)`
const span = sql`greatest(${seconds(sql`${imports.startedAt}`)} - ${imports.cursorBefore}, ${MIN_SPAN}::int)`
const rest = sql`(${imports.cursorBefore} - ${seconds(sql`${athletes.stravaCreatedAt}`)})`

/**
 * Expected activities on the remaining pages; null if unknown. Extrapolates the density of the pages so far back to the
 * creation of the account. Uploads can be older than the account: past its creation, one more page is expected.
 */
const toCome = sql`case when ${imports.pages} = 0 then null
  when ${rest} > 0 then ceil(${listed} * ${rest} / ${span})
  when ${rest} <= 0 then ${PAGE_SIZE}::int end`
/** The last page was far from full, or had nothing older: the history is probably complete, and one call will confirm it. */
const atTheEnd = sql`(${imports.pages} > 0 and ${imports.cursorStep} in ('probe', 'confirm', 'past'))`
/** Pages left, including the last one, which shows the end. At least one while an import is running. */
const pagesToCome = sql`case when ${atTheEnd} then 1 else greatest(1, ceil(${toCome} / ${NEW_ON_PAGE}::numeric)) + 1 end`

/** Reads the remaining work of an import; undefined if it is complete or before its first page. */
export async function readPendingImport(
  db: Db | Tx,
  athleteId: StravaId,
  now: Date,
): Promise<PendingImport | undefined> {
  const at = sql`${now.toISOString()}::timestamptz`
  const [own] = await db.execute<{
    fetched: number
    cursor_before: number | null
    is_at_end: boolean
    started_at: number
    created_at: number | null
    pages_left: number
    is_watching: boolean
  }>(sql`
    select ${imports.pages} as fetched, ${imports.cursorBefore}::float8 as cursor_before,
      ${atTheEnd} as is_at_end,
      (${seconds(sql`${imports.startedAt}`)} * 1000)::float8 as started_at,
      (${seconds(sql`${athletes.stravaCreatedAt}`)} * 1000)::float8 as created_at,
      (${pagesToCome})::float8 as pages_left, p.until is not null as is_watching
    from ${imports} join ${athletes} on ${athletes.id} = ${imports.athleteId}
      left join ${athletePresence} p on p.athlete_id = ${imports.athleteId} and p.until > ${at}
    where ${imports.athleteId} = ${athleteId}::bigint and ${imports.state} <> 'complete'
      and (${atTheEnd} or (${imports.pages} > 0 and ${imports.cursorBefore} is not null))`)
  if (own === undefined) return undefined
  const { fetched, cursor_before: cursorBefore, started_at: startedAt, created_at: accountCreatedAt } = own
  return {
    expected: own.is_at_end
      ? 0
      : historyLength({ pages: fetched, cursorBefore, startedAt, accountCreatedAt }),
    fetched,
    pagesLeft: own.pages_left,
    hasEvidence: own.is_at_end || accountCreatedAt !== null,
    isWatching: own.is_watching,
  }
}

/** An athlete in the lane `backfill`. */
export interface QueuedImport extends Pick<PagesToCome, 'pages' | 'isWatching'> {
  readonly athleteId: StravaId
  readonly sequence: number
  readonly isDelayed: boolean
}

/** Reads the lane `backfill`. It may have thousands of rows: read it once for many ETAs. */
export async function readQueuedImports(db: Db | Tx, now: Date): Promise<readonly QueuedImport[]> {
  return Array.from(
    await db.execute<QueuedImport & Record<string, unknown>>(sql`
      select q.athlete_id::text as "athleteId", q.sequence::float8 as sequence,
        (q.delayed_until is not null) as "isDelayed", (${pagesToCome})::float8 as pages,
        (here.athlete_id is not null) as "isWatching"
      from ${fetchQueue} q join ${imports} on ${imports.athleteId} = q.athlete_id
        join ${athletes} on ${athletes.id} = q.athlete_id
        left join ${athletePresence} here on here.athlete_id = q.athlete_id
          and here.until > ${now.toISOString()}::timestamptz
      where q.lane = 'backfill' and q.dead_at is null`),
  )
}

/** The imports beside an athlete's own. Without an own place in the lane, or while that is delayed, all are ahead. */
export function othersOf(queued: readonly QueuedImport[], athleteId: StravaId): PagesToCome[] {
  const own = queued.find((each) => each.athleteId === athleteId && !each.isDelayed)
  return queued
    .filter((each) => each.athleteId !== athleteId)
    .map(({ pages, isWatching, sequence }) => ({
      pages,
      count: 1,
      isAhead: own === undefined || sequence < own.sequence,
      isWatching,
    }))
}

/** Waiting calls of the lanes that compete with `backfill`. */
export async function readWaiting(db: Db | Tx): Promise<Waiting> {
  const ofAthletes = (lane: string) =>
    sql`(select count(*) from ${fetchQueue} where lane = ${lane} and dead_at is null)::float8 as ${sql.identifier(lane)}`
  const ofActivities = (lane: string) =>
    sql`(select count(*) from ${wantedActivities} where lane = ${lane} and dead_at is null)::float8 as ${sql.identifier(lane)}`
  const [row] = await db.execute<Record<keyof Waiting, number>>(
    sql`select ${ofAthletes('signup')}, ${ofActivities('newest')}, ${ofActivities('webhook')}, ${ofAthletes('resync')}`,
  )
  return row ?? { signup: 0, newest: 0, webhook: 0, resync: 0 }
}
