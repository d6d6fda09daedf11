import type { StravaId } from '@ikigai/contracts'
import { sql } from 'drizzle-orm'
import type { Db, Tx } from './client.ts'
import { imports } from './schema/activities.ts'
import { athletes } from './schema/athletes.ts'
import { fetchJobs } from './schema/jobs.ts'

/** What is still to come of an import that is under way. */
export interface ImportEstimate {
  /** Activities of the whole history. */
  readonly expected: number
  /** Pages that are still to come. */
  readonly own: number
  /** Pages of others in the lane `backlog` that are served before the last of those: they take turns. */
  readonly others: number
  /** Jobs that wait in the lanes that share the limits with it. */
  readonly waiting: Readonly<Record<(typeof BESIDE)[number], number>>
}

const BESIDE = ['signup', 'recent', 'live', 'refresh'] as const

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
 * Activities that are still to be listed; null while nothing tells. As often as he trained on the pages so far, he is
 * taken to have trained since his account began. Uploads can be older than that: past it, one more page is expected.
 */
const toCome = sql`case when ${imports.pages} = 0 then null
  when ${rest} > 0 then ceil(${listed} * ${rest} / ${span})
  when ${rest} <= 0 then ${PAGE_SIZE}::int end`
/** At least one while an import is under way, and where nothing tells. */
const pagesToCome = sql`greatest(1, ceil(${toCome} / ${NEW_ON_PAGE}::numeric))`

/**
 * How long an import under way will take, from what its pages have shown; undefined while nothing tells. Athletes take
 * turns, so each other one in the lane has at most as many pages before this one's last as this one has left: the sum
 * reads one row for each.
 */
export async function estimateImport(db: Db | Tx, athleteId: StravaId): Promise<ImportEstimate | undefined> {
  const [row] = await db.execute<Record<'expected' | 'own' | 'others' | (typeof BESIDE)[number], number>>(sql`
    with own as (
      select ${listed} + ${toCome} as expected, ${pagesToCome} as pages
      from ${imports} join ${athletes} on ${athletes.id} = ${imports.athleteId}
      where ${imports.athleteId} = ${athleteId}::bigint and ${imports.state} <> 'complete'
    )
    select own.expected::float8 as expected, own.pages::float8 as own, (
      select coalesce(sum(least(${pagesToCome}, own.pages)), 0)
      from ${fetchJobs} join ${imports} on ${imports.athleteId} = ${fetchJobs.athleteId}
        join ${athletes} on ${athletes.id} = ${fetchJobs.athleteId}
      where ${fetchJobs.lane} = 'backlog' and ${fetchJobs.deadAt} is null
        and ${fetchJobs.athleteId} <> ${athleteId}::bigint
    )::float8 as others, ${sql.join(BESIDE.map(waitingIn), sql`, `)}
    from own where own.expected is not null`)
  if (row === undefined) return undefined
  const { expected, own, others, ...waiting } = row
  return { expected, own, others, waiting }
}

/** How many jobs wait in a lane, under its name. */
const waitingIn = (lane: string) =>
  sql`(select count(*) from ${fetchJobs} where lane = ${lane} and dead_at is null)::float8 as ${sql.identifier(lane)}`
