import type { StravaId } from '@ikigai/contracts'
import { sql } from 'drizzle-orm'
import type { Db, Tx } from './client.ts'
import { imports } from './schema/activities.ts'
import { athletes } from './schema/athletes.ts'
import { athletePresence, fetchQueue, wantedActivities } from './schema/fetch-queue.ts'

/** Athletes in the lane `backfill` who are alike to somebody who stands in it too. */
export interface BackfillGroup {
  /** Pages that each of them has yet to come. */
  readonly pages: number
  /** Whether they stand before that athlete. */
  readonly isAhead: boolean
  /** Whether they are here now, watching. */
  readonly isWatching: boolean
  readonly count: number
}

/** What is still to come of an import that is under way. */
export interface ImportEstimate {
  /** Activities of the whole history. */
  readonly expected: number
  /** Pages that are still to come. */
  readonly own: number
  /** The others in the lane. */
  readonly others: readonly BackfillGroup[]
  /** The athlete is here until then (epoch ms); undefined: they are not. */
  readonly presentUntil: number | undefined
}

/** A page holds 200; all but the first repeat at least one of the page before, because a second is asked for again. */
const PAGE_SIZE = 200
const NEW_ON_PAGE = PAGE_SIZE - 1

/** So short a time says nothing of how often somebody trains: a day, in seconds. */
const SHORTEST_SPAN = 86_400

const seconds = (instant: ReturnType<typeof sql>) => sql`extract(epoch from ${instant})`

/** Activities on the pages so far: all of them were full. */
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
/** At least one while an import is under way, and where nothing tells. */
const pagesToCome = sql`greatest(1, ceil(${toCome} / ${NEW_ON_PAGE}::numeric))`

/**
 * How long an import under way will take, from what its pages have shown; undefined while nothing tells. An athlete who does
 * not stand in the lane is taken to come to it now.
 */
export async function estimateImport(
  db: Db | Tx,
  athleteId: StravaId,
  now: Date,
): Promise<ImportEstimate | undefined> {
  const at = sql`${now.toISOString()}::timestamptz`
  const [own] = await db.execute<
    Record<'expected' | 'pages', number> & { until: number | null; sequence: string | null }
  >(sql`
    select (${listed} + ${toCome})::float8 as expected, (${pagesToCome})::float8 as pages,
      (extract(epoch from p.until) * 1000)::float8 as until, q.sequence
    from ${imports} join ${athletes} on ${athletes.id} = ${imports.athleteId}
      left join ${fetchQueue} q on q.lane = 'backfill' and q.athlete_id = ${imports.athleteId}
        and q.delayed_until is null and q.dead_at is null
      left join ${athletePresence} p on p.athlete_id = ${imports.athleteId} and p.until > ${at}
    where ${imports.athleteId} = ${athleteId}::bigint and ${imports.state} <> 'complete' and ${toCome} is not null`)
  if (own === undefined) return undefined
  const others = await db.execute<
    Record<'pages' | 'count', number> & Record<'is_ahead' | 'is_watching', boolean>
  >(sql`
    select (${pagesToCome})::float8 as pages,
      (q.sequence < ${own.sequence ?? String(Number.MAX_SAFE_INTEGER)}::bigint) as is_ahead,
      (here.athlete_id is not null) as is_watching, count(*)::int as count
    from ${fetchQueue} q join ${imports} on ${imports.athleteId} = q.athlete_id
      join ${athletes} on ${athletes.id} = q.athlete_id
      left join ${athletePresence} here on here.athlete_id = q.athlete_id and here.until > ${at}
    where q.lane = 'backfill' and q.dead_at is null and q.athlete_id <> ${athleteId}::bigint
    group by 1, 2, 3 order by 1, 2, 3`)
  return {
    expected: own.expected,
    own: own.pages,
    others: others.map(({ pages, count, is_ahead, is_watching }) => ({
      pages,
      count,
      isAhead: is_ahead,
      isWatching: is_watching,
    })),
    presentUntil: own.until ?? undefined,
  }
}

const BESIDE = ['signup', 'newest', 'webhook', 'resync'] as const

/** Calls that wait in the lanes that share the limits with histories. */
export async function waitingBeside(db: Db | Tx): Promise<Record<(typeof BESIDE)[number], number>> {
  const ofAthletes = (lane: string) =>
    sql`(select count(*) from ${fetchQueue} where lane = ${lane} and dead_at is null)::float8 as ${sql.identifier(lane)}`
  const ofActivities = (lane: string) =>
    sql`(select count(*) from ${wantedActivities} where lane = ${lane} and dead_at is null)::float8 as ${sql.identifier(lane)}`
  const [row] = await db.execute<Record<(typeof BESIDE)[number], number>>(
    sql`select ${ofAthletes('signup')}, ${ofActivities('newest')}, ${ofActivities('webhook')}, ${ofAthletes('resync')}`,
  )
  return row ?? { signup: 0, newest: 0, webhook: 0, resync: 0 }
}
