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

/** What is still to come of an import that is under way. */
export interface PendingImport {
  /** Activities of the whole history; null while its length is not known; 0: what is stored is probably all. */
  readonly expected: number | null
  /** Pages fetched so far. */
  readonly fetched: number
  /** Pages still to come: at the density of the pages so far until the account began, and one at least. */
  readonly pagesLeft: number
  /** Whether the account's beginning is known, or the end is near, so that `pagesLeft` is more than a placeholder. */
  readonly hasEvidence: boolean
  /** The others in the lane `backfill`. */
  readonly others: readonly PagesToCome[]
  /** Whether the athlete is watching now. */
  readonly isWatching: boolean
}

/** So short a time says nothing of how often somebody trains: a day, in seconds. */
const SHORTEST_SPAN = 86_400

const seconds = (instant: ReturnType<typeof sql>) => sql`extract(epoch from ${instant})`

/** Activities on the pages so far, which were about full. */
const listed = sql`(${imports.pages} * ${NEW_ON_PAGE}::int + 1)`
const span = sql`greatest(${seconds(sql`${imports.startedAt}`)} - ${imports.cursorBefore}, ${SHORTEST_SPAN}::int)`
const rest = sql`(${imports.cursorBefore} - ${seconds(sql`${athletes.stravaCreatedAt}`)})`

/**
 * Activities that are still to be listed; null while nothing tells. As often as the athlete trained on the pages so far,
 * they are taken to have trained since their account began. Uploads can be older: past it, one more page is expected.
 */
const toCome = sql`case when ${imports.pages} = 0 then null
  when ${rest} > 0 then ceil(${listed} * ${rest} / ${span})
  when ${rest} <= 0 then ${PAGE_SIZE}::int end`
/** The last page was far from full, or showed nothing older: what is stored is probably all, and one call will tell. */
const atTheEnd = sql`(${imports.pages} > 0 and ${imports.cursorStep} in ('probe', 'confirm', 'past'))`
/** The last one shows that there is no more. At least one while an import is under way, and where nothing tells. */
const pagesToCome = sql`case when ${atTheEnd} then 1 else greatest(1, ceil(${toCome} / ${NEW_ON_PAGE}::numeric)) + 1 end`

/** Reads what is still to come of an import; undefined where it is complete or before its first page. */
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
    sequence: string | null
  }>(sql`
    select ${imports.pages} as fetched, ${imports.cursorBefore}::float8 as cursor_before,
      ${atTheEnd} as is_at_end,
      (${seconds(sql`${imports.startedAt}`)} * 1000)::float8 as started_at,
      (${seconds(sql`${athletes.stravaCreatedAt}`)} * 1000)::float8 as created_at,
      (${pagesToCome})::float8 as pages_left, p.until is not null as is_watching, q.sequence
    from ${imports} join ${athletes} on ${athletes.id} = ${imports.athleteId}
      left join ${fetchQueue} q on q.lane = 'backfill' and q.athlete_id = ${imports.athleteId}
        and q.delayed_until is null and q.dead_at is null
      left join ${athletePresence} p on p.athlete_id = ${imports.athleteId} and p.until > ${at}
    where ${imports.athleteId} = ${athleteId}::bigint and ${imports.state} <> 'complete'
      and (${atTheEnd} or (${imports.pages} > 0 and ${imports.cursorBefore} is not null))`)
  if (own === undefined) return undefined
  const { fetched, cursor_before: cursorBefore, started_at: startedAt, created_at: accountCreatedAt } = own
  const others = await readOthers(db, athleteId, own.sequence ?? String(Number.MAX_SAFE_INTEGER), at)
  return {
    expected: own.is_at_end
      ? 0
      : historyLength({ pages: fetched, cursorBefore, startedAt, accountCreatedAt }),
    fetched,
    pagesLeft: own.pages_left,
    hasEvidence: own.is_at_end || accountCreatedAt !== null,
    others,
    isWatching: own.is_watching,
  }
}

/** The other athletes in the lane `backfill`, grouped by what matters: the lane may hold thousands. */
async function readOthers(
  db: Db | Tx,
  athleteId: StravaId,
  sequence: string,
  at: ReturnType<typeof sql>,
): Promise<PagesToCome[]> {
  const rows = await db.execute<
    Record<'pages' | 'count', number> & Record<'is_ahead' | 'is_watching', boolean>
  >(sql`
    select (${pagesToCome})::float8 as pages, (q.sequence < ${sequence}::bigint) as is_ahead,
      (here.athlete_id is not null) as is_watching, count(*)::int as count
    from ${fetchQueue} q join ${imports} on ${imports.athleteId} = q.athlete_id
      join ${athletes} on ${athletes.id} = q.athlete_id
      left join ${athletePresence} here on here.athlete_id = q.athlete_id and here.until > ${at}
    where q.lane = 'backfill' and q.dead_at is null and q.athlete_id <> ${athleteId}::bigint
    group by 1, 2, 3 order by 1, 2, 3`)
  return Array.from(rows, ({ pages, count, is_ahead: isAhead, is_watching: isWatching }) => ({
    pages,
    count,
    isAhead,
    isWatching,
  }))
}

/** Calls that wait in the lanes that compete with histories. */
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
