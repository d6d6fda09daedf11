import type { StravaId } from '@ikigai/contracts'
import { sql } from 'drizzle-orm'
import type { Db, Tx } from './client.ts'
import { imports } from './schema/activities.ts'
import { athletes } from './schema/athletes.ts'
import { athletePresence, fetchJobs, fetchLanes } from './schema/jobs.ts'

/** Remaining work of a running import. */
export interface ImportEstimate {
  /** Activities of the whole history; 0: what is stored is probably all. */
  readonly expected: number
  /** Pages that are still to come. */
  readonly own: number
  /** Pages of others in the lane `backfill` that are served before the last of those: they take turns. */
  readonly others: number
  /** He is here, and so first among equals, until then (epoch ms); undefined: he is not. */
  readonly presentUntil: number | undefined
}

/** A page holds 200; all but the first repeat at least one of the page before, because a second is asked for again. */
const PAGE_SIZE = 200
const NEW_ON_PAGE = PAGE_SIZE - 1

/** So short a time says nothing of how often somebody trains: a day, in seconds. */
const SHORTEST_SPAN = 86_400

const seconds = (instant: ReturnType<typeof sql>) => sql`extract(epoch from ${instant})`

/** Activities on the pages so far, which were about full. */
const listed = sql`(${imports.pages} * ${NEW_ON_PAGE}::int + 1)`
const span = sql`greatest(${seconds(sql`${imports.startedAt}`)} - ${imports.cursorBefore}, ${SHORTEST_SPAN}::int)`
const rest = sql`(${imports.cursorBefore} - ${seconds(sql`${athletes.stravaCreatedAt}`)})`

/**
 * Activities that are still to be listed; null while nothing tells. As often as he trained on the pages so far, he is
 * taken to have trained since his account began. Uploads can be older than that: past it, one more page is expected.
 */
const toCome = sql`case when ${imports.pages} = 0 then null
  when ${rest} > 0 then ceil(${listed} * ${rest} / ${span})
  when ${rest} <= 0 then ${PAGE_SIZE}::int end`
/** The last page was far from full, or showed nothing older: what is stored is probably all, and one call will tell. */
const atTheEnd = sql`(${imports.pages} > 0 and ${imports.cursorStep} in ('probe', 'confirm', 'past'))`
/** The last one shows that there is no more. At least one while an import is under way, and where nothing tells. */
const pagesToCome = sql`case when ${atTheEnd} then 1 else greatest(1, ceil(${toCome} / ${NEW_ON_PAGE}::numeric)) + 1 end`

/** Whether another one, `j`, goes before him when both stand at the same pass: the order of `pagesBefore` of the quota's policy. */
const isFirst = sql`case
  when (here.athlete_id is not null) <> (own.until is not null) then here.athlete_id is not null
  when j.pass = own.pass then j.arrival < own.arrival
  else j.pass > own.pass end`

/**
 * How long an import under way will take, from what its pages have shown; undefined while nothing tells. Athletes take
 * turns, so each other one in the lane has at most as many pages before this one's last as there are passes until then: the
 * sum reads one row for each. Who has no job in the lane is taken to come to it now.
 */
export async function estimateImport(
  db: Db | Tx,
  athleteId: StravaId,
  now: Date,
): Promise<ImportEstimate | undefined> {
  const at = sql`${now.toISOString()}::timestamptz`
  const [row] = await db.execute<
    Record<'expected' | 'own' | 'others', number> & { until: number | null }
  >(sql`
    with own as (
      select case when ${atTheEnd} then 0 else ${listed} + ${toCome} end as expected, ${pagesToCome} as pages, extract(epoch from p.until) * 1000 as until,
        coalesce(j.pass, l.served_pass + 1, 1) as pass, coalesce(j.arrival, ${Number.MAX_SAFE_INTEGER}::bigint) as arrival
      from ${imports} join ${athletes} on ${athletes.id} = ${imports.athleteId}
        left join ${fetchJobs} j on j.lane = 'backfill' and j.athlete_id = ${imports.athleteId} and j.dead_at is null
        left join ${fetchLanes} l on l.lane = 'backfill'
        left join ${athletePresence} p on p.athlete_id = ${imports.athleteId} and p.until > ${at}
      where ${imports.athleteId} = ${athleteId}::bigint and ${imports.state} <> 'complete'
    )
    select own.expected::float8 as expected, own.pages::float8 as own, own.until::float8 as until, (
      select coalesce(sum(least(${pagesToCome},
        greatest(0, own.pass + own.pages - 1 - j.pass + (${isFirst})::int))), 0)
      from ${fetchJobs} j join ${imports} on ${imports.athleteId} = j.athlete_id
        join ${athletes} on ${athletes.id} = j.athlete_id
        left join ${athletePresence} here on here.athlete_id = j.athlete_id and here.until > ${at}
      where j.lane = 'backfill' and j.dead_at is null and j.athlete_id <> ${athleteId}::bigint
    )::float8 as others
    from own where own.expected is not null`)
  if (row === undefined) return undefined
  const { expected, own, others, until } = row
  return { expected, own, others, presentUntil: until ?? undefined }
}

const BESIDE = ['signup', 'newest', 'webhook', 'resync'] as const

/** Jobs that wait in the lanes that share the limits with histories. */
export async function waitingBeside(db: Db | Tx): Promise<Record<(typeof BESIDE)[number], number>> {
  const waitingIn = (lane: string) =>
    sql`(select count(*) from ${fetchJobs} where lane = ${lane} and dead_at is null)::float8 as ${sql.identifier(lane)}`
  const [row] = await db.execute<Record<(typeof BESIDE)[number], number>>(
    sql`select ${sql.join(BESIDE.map(waitingIn), sql`, `)}`,
  )
  return row ?? { signup: 0, newest: 0, webhook: 0, resync: 0 }
}
