import { systemClock } from '@ikigai/chassis'
import { type Db, imports, openDatabase } from '@ikigai/db'
import {
  claimNext,
  queueOrphans,
  reviseEtas,
  schedule,
  scheduleResyncs,
  storeDocuments,
  withAthleteLock,
} from '@ikigai/fetcher/statements'
import { ImportEta } from '@ikigai/forecast'
import { createQueries } from '@ikigai/gateway/queries'
import { eq } from 'drizzle-orm'
import postgres from 'postgres'
import type { Benchmark, Figure } from './benchmark.ts'
import type { BenchmarkContext } from './context/benchmark-context.ts'
import { documentOf, FIRST_NEW_ACTIVITY, growTo, MEASURED, type Size } from './scale-data.ts'
import { median } from './statistics.ts'

const SIZES: readonly Size[] = [
  { athletes: 100, activities: 10_000 },
  { athletes: 1_000, activities: 100_000 },
  { athletes: 10_000, activities: 300_000 },
  { athletes: 100_000, activities: 1_000_000 },
]
const PAGE = 200
const DAY_MS = 86_400_000
const MAX_GROWTH = 1.5
const LIMIT_MS = 600_000

/** One step of a service, on a database of some size. */
interface Step {
  readonly name: string
  /** Number of measurements. */
  readonly times: number
  run(turn: number): Promise<unknown>
  /** Whether it reads all athletes: then its cost per athlete counts. */
  readonly isForAll?: boolean
}

/** Mean cost of a step. */
interface Cost {
  readonly ms: number
  /** Pages of 8 KiB that PostgreSQL accessed, independent of the machine's load. */
  readonly blocks: number
}

/** Growth of each step's cost with the number of athletes and activities. */
export const scale: Benchmark = {
  name: 'scale',
  what: 'what a step costs with 100 athletes, and with 100,000 and a million activities',
  limitMs: LIMIT_MS,
  async run(context) {
    const url = await context.database()
    const sql = postgres(url, { max: 1, onnotice: () => {} })
    context.defer(() => sql.end())
    context.defer(() => sql`alter system reset autovacuum`)
    // Autovacuum would be counted as cost of a step.
    await sql`alter system set autovacuum = off`
    await sql`select pg_reload_conf()`
    // One connection, whose statistics are asked for by itself.
    const { db, close } = openDatabase({ url, name: 'bench', max: 1 })
    context.defer(close)
    const sizes = context.quick ? SIZES.slice(0, 2) : SIZES
    const steps = stepsOn(db)
    const costs = new Map<string, Cost[]>(steps.map(({ name }) => [name, []]))
    let before: Size = { athletes: 0, activities: 0 }
    const figures: Figure[] = []
    for (const size of sizes) {
      const startedAt = performance.now()
      await growTo(sql, before, size)
      context.note(
        `${size.athletes} athletes, ${size.activities} activities: made in ${seconds(startedAt)} s`,
      )
      await prepare(sql)
      for (const step of steps) costs.get(step.name)?.push(await costOf(db, step))
      figures.push(await diskOf(sql, size))
      before = size
    }
    return [
      ...steps.flatMap((step) => figuresOf(step, costs.get(step.name) ?? [], sizes, context)),
      ...figures,
    ]
  },
}

const seconds = (since: number) => ((performance.now() - since) / 1_000).toFixed(0)

/** Work in the lane `backfill`, and running imports: of the measured athletes, at every size. */
async function prepare(sql: postgres.Sql): Promise<void> {
  await sql`update imports set state = 'running', pages = 3, cursor_before = extract(epoch from now()) - 86400 * 300,
    updated_at = now(), published_eta = null where athlete_id between 30 and 49`
  await sql`
    insert into fetch_queue (lane, athlete_id, queued_at)
    select 'backfill', athlete_id, now() from imports where state = 'running' on conflict do nothing`
  await sql`update fetch_queue set leased_by = null, leased_until = null`
  await sql`vacuum analyze fetch_queue, imports`
  // Flushes this connection's counts before the steps.
  await sql`select pg_stat_force_next_flush()`
  await sql`select 1`
}

function stepsOn(db: Db): readonly Step[] {
  const clock = systemClock
  const queries = createQueries({
    db,
    clock,
    cacheMaxAgeMs: 7 * DAY_MS,
    initialLimits: { read: LIMITS, overall: LIMITS },
    signUp: { mode: 'open', athleteLimit: undefined },
    keys: [{ id: 's1', key: Buffer.alloc(32) }],
    activityCacheBytes: 0,
    invalidationIsLive: () => false,
  })
  const importEta = new ImportEta()
  let newIds = FIRST_NEW_ACTIVITY
  let erased = 0
  const athlete = (turn: number) => String(MEASURED.first + (turn % 29))
  const store = (athleteId: string, documents: readonly ReturnType<typeof documentOf>[]) =>
    withAthleteLock(db, athleteId, (tx) =>
      storeDocuments(tx, { athleteId, documents, kind: 'summary', sentAt: Date.now() }, new Date()),
    )
  const newDocument = (athleteId: string) => {
    newIds += 1
    return documentOf(newIds, athleteId, Date.now() - (newIds % 1_000) * 1_000)
  }
  return [
    { name: 'random', times: 40, run: async (turn) => queries.random(athlete(turn), {}) },
    {
      name: 'random of a sport',
      times: 40,
      run: async (turn) => queries.random(athlete(turn), { sport_type: 'Ride' }),
    },
    { name: 'list of 50', times: 40, run: (turn) => queries.list(athlete(turn), { filter: {}, limit: 50 }) },
    {
      name: 'list by distance, filtered',
      times: 40,
      run: (turn) =>
        queries.list(athlete(turn), { filter: { min_distance: 10_100 }, sort: '-distance', limit: 50 }),
    },
    { name: 'event: queue a call', times: 40, run: (turn) => queueCall(db, athlete(turn), turn) },
    {
      name: 'event: claim it',
      times: 20,
      run: () => claim(db, 'webhook'),
    },
    {
      name: 'event: store the activity',
      times: 40,
      run: (turn) => store(athlete(turn), [newDocument(athlete(turn))]),
    },
    {
      name: 'import: store a page of 200',
      times: 8,
      run: (turn) =>
        store(
          String(50 + turn),
          Array.from({ length: PAGE }, () => newDocument(String(50 + turn))),
        ),
    },
    {
      name: 'resync: store the same page',
      times: 8,
      run: (turn) => {
        const first = newIds - PAGE * (8 - turn) + 1
        const same = Array.from({ length: PAGE }, (_, at) => first + at)
        const athleteId = String(50 + turn)
        return store(
          athleteId,
          same.map((id) => documentOf(id, athleteId, Date.now() - (id % 1_000) * 1_000)),
        )
      },
    },
    { name: 'claim of the lane backfill', times: 15, run: () => claim(db, 'backfill') },
    {
      name: 'ETA of an import',
      times: 10,
      run: async (turn) => {
        const [row] = await db
          .select()
          .from(imports)
          .where(eq(imports.athleteId, String(30 + turn)))
        if (row !== undefined) await importEta.revise(db, row, Date.now())
      },
    },
    { name: 'ETAs: which are owed', times: 10, run: () => reviseEtas(db, importEta, Date.now()) },
    {
      name: 'reconcile, for each athlete',
      times: 5,
      isForAll: true,
      run: async () => {
        await scheduleResyncs(db, Date.now(), 7 * DAY_MS)
        await queueOrphans({ db, clock }, { enrich: true })
      },
    },
    {
      name: 'erase an athlete of 100 activities',
      times: 3,
      run: async () => {
        erased += 1
        // One of those whose activities are as many at each size.
        await db.execute(`delete from athletes where id = ${MEASURED.count + 1 - erased}`)
      },
    },
  ]
}

const LIMITS = { quarterHour: 100, day: 1_000 }

const queueCall = (db: Db, athleteId: string, turn: number) =>
  db.transaction((tx) =>
    schedule(tx, [{ lane: 'webhook', athleteId, activityId: String(FIRST_NEW_ACTIVITY - turn) }], new Date()),
  )

let claims = 0
function claim(db: Db, lane: 'webhook' | 'backfill'): Promise<unknown> {
  claims += 1
  const leaseName = `bench-${claims}`
  return claimNext(db, lane, {
    leaseName,
    leaseMs: 60_000,
    now: new Date(),
    favoursWatchers: false,
    atMost: 1,
  })
}

async function costOf(db: Db, { times, run }: Step): Promise<Cost> {
  // The statement is prepared, and the catalogue is read.
  const first = await blocksOf(db)
  const ms: number[] = []
  for (let turn = 0; turn < times; turn += 1) {
    const startedAt = performance.now()
    await run(turn)
    ms.push(performance.now() - startedAt)
  }
  return { ms: median(ms), blocks: ((await blocksOf(db)) - first) / times }
}

/** All blocks of tables and indexes that this connection has accessed. */
async function blocksOf(db: Db): Promise<number> {
  await db.execute('select pg_stat_force_next_flush()')
  await db.execute('select 1')
  const [row] = await db.execute<{ blocks: number }>(`
    select (sum(coalesce(heap_blks_read, 0) + coalesce(heap_blks_hit, 0) + coalesce(idx_blks_read, 0)
      + coalesce(idx_blks_hit, 0) + coalesce(toast_blks_read, 0) + coalesce(toast_blks_hit, 0)))::float8 as blocks
    from pg_statio_user_tables`)
  return row?.blocks ?? 0
}

function figuresOf(
  { name, isForAll = false }: Step,
  costs: readonly Cost[],
  sizes: readonly Size[],
  context: BenchmarkContext,
): readonly Figure[] {
  const [first, last] = [costs[0], costs.at(-1)]
  if (first === undefined || last === undefined) return []
  const per = (at: number) => (isForAll ? (sizes.at(at)?.athletes ?? 1) : 1)
  context.note(
    `${name}: ${costs.map(({ ms, blocks }) => `${ms.toFixed(1)} ms, ${blocks.toFixed(1)} blocks`).join(' → ')}`,
  )
  const smallest = `with ${sizes[0]?.athletes} athletes`
  const figure = (unit: string, of: (cost: Cost) => number): Figure => ({
    what: name,
    unit,
    ours: of(last) / per(-1),
    baseline: { name: smallest, value: of(first) / per(0) },
    ratio: of(last) / per(-1) / (of(first) / per(0)),
    target: { of: 'ratio', atMost: MAX_GROWTH },
  })
  return [figure('blocks', ({ blocks }) => blocks), figure('ms', ({ ms }) => ms)]
}

async function diskOf(sql: postgres.Sql, { activities }: Size): Promise<Figure> {
  const [row] = await sql`select pg_total_relation_size('activities')::float8 as bytes`
  return {
    what: `disk for each of ${activities} activities`,
    unit: 'bytes',
    ours: Number(row?.['bytes']) / activities,
  }
}
