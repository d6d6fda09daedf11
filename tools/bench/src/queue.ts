import { connectBus, provision } from '@ikigai/bus'
import { openDatabase, sendWithCommit, type Tx } from '@ikigai/db'
import {
  type Attempt,
  changingTogether,
  endAttempt,
  inBatches,
  type LaneDeps,
  notifyingAfterCommit,
  schedule,
  startLanes,
} from '@ikigai/fetcher/queue'
import { initialState } from '@ikigai/quota'
import { sql as drizzleSql } from 'drizzle-orm'
import { Logger, makeWorkerUtils, run as runGraphileWorker } from 'graphile-worker'
import PgBoss from 'pg-boss'
import { pino } from 'pino'
import postgres from 'postgres'
import type { Benchmark, Figure } from './benchmark.ts'
import type { BenchmarkContext } from './context/benchmark-context.ts'
import { median, percentile } from './statistics.ts'
import { versionOf } from './versions.ts'

/** Concurrent jobs, and concurrently enqueued jobs: the same for all three. */
const CONCURRENCY = 16
/** Athletes whose jobs alternate. */
const ATHLETES = Array.from({ length: 64 }, (_, index) => String(4_200 + index))
/** Jobs a second while latency is measured: below the limit of all three. */
const PACE = 40

/** A queue with a worker for one kind of job. */
interface Queue {
  readonly name: string
  readonly sql: postgres.Sql
  put(id: string): Promise<unknown>
}

type Perform = (sql: postgres.Sql | postgres.TransactionSql, id: string) => Promise<void>

/**
 * The fetcher's queue compared with two popular PostgreSQL queues, all without a quota ledger: from the request, or
 * the commit of an event's work, until the job is done. The job is the same statement in all three.
 */
export const queue: Benchmark = {
  name: 'queue',
  what: 'from a job put in to its being done, each an upsert of one document',
  async run(context) {
    const count = context.quick ? 200 : 1_000
    const done = new Map<string, () => void>()
    const perform: Perform = async (sql, id) => {
      await upsert(sql, id)
      done.get(id)?.()
      done.delete(id)
    }
    const queues = [
      await openOurs(context, done),
      await openPgBoss(context, perform),
      await openGraphileWorker(context, perform),
    ]
    for (const each of queues) await drain(each, 50, done)
    const rates = new Map(queues.map(({ name }) => [name, [] as number[]]))
    const rounds = context.quick ? 1 : context.rounds
    for (let round = 0; round < rounds && (round < 1 || context.hasTime(0.5)); round += 1)
      for (let turn = 0; turn < queues.length; turn += 1) {
        const each = queues[(round + turn) % queues.length]
        if (each !== undefined) rates.get(each.name)?.push(await drain(each, count, done))
      }
    const readings = new Map<string, Reading>()
    for (const each of queues) {
      const before = await commitsOf(each.sql)
      const times = await paced(each, context.quick ? 40 : 200, done)
      const commits = (await commitsOf(each.sql)) - before
      readings.set(each.name, {
        rate: median(rates.get(each.name) ?? []),
        p50: median(times),
        p99: percentile(times, 0.99),
        commits: commits / times.length,
      })
    }
    return figuresOf(readings)
  },
}

interface Reading {
  readonly rate: number
  readonly p50: number
  readonly p99: number
  readonly commits: number
}

function figuresOf(readings: ReadonlyMap<string, Reading>): Figure[] {
  const [[, ours], ...others] = [...readings] as [[string, Reading], ...[string, Reading][]]
  return others.flatMap(([name, theirs]): Figure[] => {
    const figure = (what: string, unit: string, key: keyof Reading, target?: Figure['target']): Figure => ({
      what,
      unit,
      ours: ours[key],
      baseline: { name, value: theirs[key] },
      ratio: ours[key] / theirs[key],
      target,
    })
    return [
      figure('put in and done', '/s', 'rate', { of: 'ratio', atLeast: 1.5 }),
      figure(`p50 at ${PACE}/s`, 'ms', 'p50'),
      figure(`p99 at ${PACE}/s`, 'ms', 'p99', { of: 'ratio', atMost: 1 }),
      figure(`commits for each at ${PACE}/s`, '', 'commits', { of: 'ratio', atMost: 1 }),
    ]
  })
}

let lastId = 1_000_000

/** Throughput in jobs per second, with concurrent producers. */
async function drain(queue: Queue, count: number, done: Map<string, () => void>): Promise<number> {
  const ids = Array.from({ length: count }, () => String(lastId++))
  const startedAt = performance.now()
  const ends = ids.map((id) => new Promise<void>((resolve) => done.set(id, resolve)))
  let next = 0
  const putting = Array.from({ length: CONCURRENCY }, async () => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) await queue.put(id)
  })
  await Promise.all([...putting, ...ends])
  return (count / (performance.now() - startedAt)) * 1_000
}

/** Latency of single jobs (ms). */
function paced(queue: Queue, count: number, done: Map<string, () => void>): Promise<number[]> {
  const one = async (index: number) => {
    await new Promise((resolve) => setTimeout(resolve, (index * 1_000) / PACE))
    const id = String(lastId++)
    const startedAt = performance.now()
    const end = new Promise<void>((resolve) => done.set(id, resolve))
    await queue.put(id)
    await end
    return performance.now() - startedAt
  }
  return Promise.all(Array.from({ length: count }, (_, index) => one(index)))
}

async function commitsOf(sql: postgres.Sql): Promise<number> {
  // A backend's counts are flushed once it has been idle for a while.
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  const [row] = await sql`select xact_commit from pg_stat_database where datname = current_database()`
  return Number(row?.['xact_commit'])
}

/** Size of an average activity's detail. */
function documentOf(id: string): string {
  const laps = Array.from({ length: 12 }, (_, index) => ({
    id: index,
    distance: 1_000.5,
    elapsed_time: 312,
    name: `Lap ${index}`,
  }))
  const map = { id: `a${id}`, polyline: '_p~iF~ps|U'.repeat(150) }
  const about = { name: 'Morning Run', sport_type: 'Run', distance: 10_000.1 }
  return JSON.stringify({ id: Number(id), ...about, laps, map })
}

const athleteOf = (id: string) => ATHLETES[Number(id) % ATHLETES.length] ?? ''

async function upsert(sql: postgres.Sql | postgres.TransactionSql, id: string): Promise<void> {
  await sql`
    insert into activities (id, athlete_id, name, sport_type, start_at, utc_offset_seconds, distance_meters,
      moving_time_seconds, elapsed_time_seconds, elevation_gain_meters, private, manual, detail, observed_at,
      confirmed_at, detail_at)
    values (${id}, ${athleteOf(id)}, 'Morning Run', 'Run', now(), 0, 10000.1, 3000, 3100, 80, false, false,
      ${documentOf(id)}::text::jsonb, now(), now(), now())
    on conflict (id) do update set name = excluded.name, detail = excluded.detail, observed_at = excluded.observed_at,
      confirmed_at = excluded.confirmed_at, detail_at = excluded.detail_at`
}

/** A separate database for each, so that commits are counted separately. */
async function openStore(context: BenchmarkContext): Promise<{ url: string; sql: postgres.Sql }> {
  const url = await context.database()
  const sql = postgres(url, { max: CONCURRENCY, onnotice: () => {} })
  context.defer(() => sql.end())
  for (const id of ATHLETES)
    await sql`insert into athletes (id, scopes, connected_at) values (${id}, '{read,activity:read_all}', now())`
  return { url, sql }
}

const SETTINGS = { quarterHour: 1, day: 1 }

/**
 * ikigai: the fetcher's queue and workers. As in the fetcher, work that arrives while other work is being queued is queued with
 * the next commit, and a job's result and end are stored in one commit with those that are ready at the same time.
 */
async function openOurs(context: BenchmarkContext, done: Map<string, () => void>): Promise<Queue> {
  const logger = pino({ level: 'warn' })
  const bus = await connectBus({ servers: [await context.nats()], name: 'bench', logger })
  context.defer(() => bus.close())
  await provision(bus)
  const { url, sql } = await openStore(context)
  const database = openDatabase({ url, name: 'bench', max: CONCURRENCY })
  context.defer(() => database.close())
  const clock = { now: () => Date.now(), sleep: sleepUntilAborted }
  const changeAthlete = changingTogether(database.db, logger)
  const perform = async (attempt: Attempt) => {
    attempt.permit.take()
    const id = attempt.wanted?.activityId
    if (id === undefined) return { kind: 'done' as const }
    const store = async (tx: Tx) => {
      const [, ended] = await sendWithCommit(tx, () =>
        Promise.all([
          tx.execute(upsertStatement(id)).execute(),
          endAttempt(tx, attempt, { kind: 'done' }, new Date()),
        ]),
      )
      return ended
    }
    const ended = await changeAthlete(attempt.athleteId, store, undefined, async () => undefined)
    done.get(id)?.()
    done.delete(id)
    return { kind: 'done' as const, ended }
  }
  const metrics = { called: () => {}, jobEnded: () => {}, verified: () => {} }
  const lanes = startLanes({
    db: database.db,
    bus,
    clock,
    logger,
    metrics,
    perform,
    ledger: openHanded(database.db),
    leaseMs: 15_000,
    concurrency: { signup: 1, newest: 1, webhook: CONCURRENCY, backfill: 1, resync: 1, enrich: 1 },
  })
  context.defer(() => lanes.stop())
  const db = notifyingAfterCommit(database.db, { sendOutbox: () => {}, wake: lanes.wake, arrived: () => {} })
  const put = inBatches({ atMost: CONCURRENCY, keyOf: (id: string) => id }, async (ids) => {
    const work = ids.map((id) => ({ lane: 'webhook', athleteId: athleteOf(id), activityId: id }) as const)
    await db.transaction((tx) => sendWithCommit(tx, () => schedule(tx, work, new Date())))
    return ids
  })
  return { name: 'ikigai', sql, put }
}

/** Replaces the ledger: admits every call. */
function openHanded(db: LaneDeps['db']): LaneDeps['ledger'] {
  const state = initialState({ read: SETTINGS, overall: SETTINGS }, 0)
  const lease = { id: '', lane: 'webhook' as const, reservedAtLocal: 0, reservedAtMin: 0, expiresAt: 0 }
  return {
    reserve: async () => ({ lease }),
    reserveFor: async (_lane, { atMost }, claim) => {
      const { works } = await claim(db, drizzleSql`select null::text as version`, atMost)
      return { works: works.map((work) => ({ work, lease })), denial: undefined }
    },
    settle: async () => state,
    noteFailure: async () => state,
    read: async () => state,
  }
}

const sleepUntilAborted = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    signal?.addEventListener('abort', wake)
  })

const upsertStatement = (id: string) => drizzleSql`
  insert into activities (id, athlete_id, name, sport_type, start_at, utc_offset_seconds, distance_meters,
    moving_time_seconds, elapsed_time_seconds, elevation_gain_meters, private, manual, detail, observed_at,
    confirmed_at, detail_at)
  values (${id}, ${athleteOf(id)}, 'Morning Run', 'Run', now(), 0, 10000.1, 3000, 3100, 80, false, false,
    ${documentOf(id)}::text::jsonb, now(), now(), now())
  on conflict (id) do update set name = excluded.name, detail = excluded.detail, observed_at = excluded.observed_at,
    confirmed_at = excluded.confirmed_at, detail_at = excluded.detail_at`

/** With batches, because a worker of pg-boss fetches at most every half second; with as many connections as ikigai. */
async function openPgBoss(context: BenchmarkContext, perform: Perform): Promise<Queue> {
  const { url, sql } = await openStore(context)
  const boss = new PgBoss({ connectionString: url, max: CONCURRENCY })
  boss.on('error', (error) => context.note(`pg-boss: ${error.message}`))
  await boss.start()
  context.defer(() => boss.stop({ graceful: false, wait: true }))
  await boss.createQueue('upsert')
  const options = { batchSize: 250, pollingIntervalSeconds: 0.5 }
  for (let worker = 0; worker < 4; worker += 1) {
    await boss.work<{ id: string }>('upsert', options, async (jobs) => {
      await Promise.all(jobs.map(({ data }) => perform(sql, data.id)))
    })
  }
  return { name: `pg-boss ${versionOf('pg-boss')}`, sql, put: (id) => boss.send('upsert', { id }) }
}

/** With the local queue that its documentation recommends for high throughput. */
async function openGraphileWorker(context: BenchmarkContext, perform: Perform): Promise<Queue> {
  const { url, sql } = await openStore(context)
  const utils = await makeWorkerUtils({ connectionString: url })
  context.defer(async () => utils.release())
  await utils.migrate()
  const runner = await runGraphileWorker({
    connectionString: url,
    concurrency: CONCURRENCY,
    maxPoolSize: CONCURRENCY,
    noHandleSignals: true,
    logger: silentLogger(),
    preset: { worker: { localQueue: { size: 250 }, completeJobBatchDelay: 0 } },
    taskList: { upsert: async (payload) => perform(sql, idOf(payload)) },
  })
  context.defer(() => runner.stop())
  return {
    name: `graphile-worker ${versionOf('graphile-worker')}`,
    sql,
    put: (id) => utils.addJob('upsert', { id }),
  }
}

const silentLogger = () => new Logger(() => () => {})

function idOf(payload: unknown): string {
  if (typeof payload !== 'object' || payload === null || !('id' in payload))
    throw new TypeError('not a job of ours')
  return String(payload.id)
}
