import { randomUUID } from 'node:crypto'
import {
  ack,
  type Bus,
  connectBus,
  consume,
  fetchSubject,
  laneConsumer,
  provision,
  publish,
  STREAMS,
} from '@ikigai/bus'
import { Logger, makeWorkerUtils, run as runGraphileWorker } from 'graphile-worker'
import PgBoss from 'pg-boss'
import { pino } from 'pino'
import postgres from 'postgres'
import type { Benchmark } from './benchmark.ts'
import { compare } from './compare.ts'
import type { BenchmarkContext } from './context/benchmark-context.ts'

/** Jobs under way at once, and jobs put in at once: the same for all three. */
const CONCURRENCY = 16
const ATHLETE = '4242'

/** A queue whose worker runs the job that it was opened with. */
interface Queue {
  readonly name: string
  put(job: Job): Promise<unknown>
}

interface Job {
  readonly id: string
  readonly document: string
}

type Perform = (job: Job) => Promise<void>

/**
 * The queue that events and jobs go through, against two queues in PostgreSQL that others would take. The job is the
 * same statement in all three: a document of an activity, upserted.
 */
export const queue: Benchmark = {
  name: 'queue',
  what: 'jobs per second, put in one by one, each an upsert of one document',
  async run(context) {
    const count = context.quick ? 200 : 1_000
    const url = await context.database()
    const sql = postgres(url, { max: CONCURRENCY, onnotice: () => {} })
    context.defer(() => sql.end())
    await sql`insert into athletes (id, scopes, connected_at) values (${ATHLETE}, '{read,activity:read_all}', now())`
    const finish = new Map<string, () => void>()
    const perform: Perform = async (job) => {
      await upsert(sql, job)
      finish.get(job.id)?.()
      finish.delete(job.id)
    }
    const queues = [
      await openJetStream(context, perform),
      await openPgBoss(context, url, perform),
      await openGraphileWorker(context, url, perform),
    ]
    const measure = (name: string) => async () => {
      const found = queues.find((one) => one.name === name)
      return found === undefined ? 0 : drainPerSecond(found, count, finish)
    }
    return await compare({
      what: 'put in and done',
      unit: '/s',
      rounds: context.rounds,
      context,
      ours: measure('JetStream'),
      baselines: { 'pg-boss': measure('pg-boss'), 'graphile-worker': measure('graphile-worker') },
      targets: { 'pg-boss': { of: 'ratio', atLeast: 5 }, 'graphile-worker': { of: 'ratio', atLeast: 1 } },
    })
  },
}

/** How many jobs a second go in and come out, put in by a few at once while the worker works. */
async function drainPerSecond(queue: Queue, count: number, finish: Map<string, () => void>): Promise<number> {
  const base = Math.floor(Math.random() * 1e12)
  const jobs = Array.from({ length: count }, (_, index) => makeJob(String(base + index)))
  const startedAt = performance.now()
  const ends = jobs.map(({ id }) => new Promise<void>((resolve) => finish.set(id, resolve)))
  let next = 0
  const putting = Array.from({ length: CONCURRENCY }, async () => {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) await queue.put(job)
  })
  await Promise.all([...putting, ...ends])
  return (count / (performance.now() - startedAt)) * 1_000
}

/** As large as the detail of a middling activity. */
function makeJob(id: string): Job {
  const laps = Array.from({ length: 12 }, (_, index) => ({
    id: index,
    distance: 1_000.5,
    elapsed_time: 312,
    name: `Lap ${index}`,
  }))
  const map = { id: `a${id}`, polyline: '_p~iF~ps|U'.repeat(150) }
  return {
    id,
    document: JSON.stringify({
      id: Number(id),
      name: 'Morning Run',
      sport_type: 'Run',
      distance: 10_000.1,
      laps,
      map,
    }),
  }
}

async function upsert(sql: postgres.Sql, { id, document }: Job): Promise<void> {
  await sql`
    insert into activities (id, athlete_id, name, sport_type, start_at, utc_offset_seconds, distance_meters,
      moving_time_seconds, elapsed_time_seconds, elevation_gain_meters, private, manual, detail, observed_at,
      confirmed_at, detail_at)
    values (${id}, ${ATHLETE}, 'Morning Run', 'Run', now(), 0, 10000.1, 3000, 3100, 80, false, false,
      ${document}::text::jsonb, now(), now(), now())
    on conflict (id) do update set name = excluded.name, detail = excluded.detail, observed_at = excluded.observed_at,
      confirmed_at = excluded.confirmed_at, detail_at = excluded.detail_at`
}

/** Ours: a work queue in JetStream, worked off as the fetcher works off its lanes. */
async function openJetStream(context: BenchmarkContext, perform: Perform): Promise<Queue> {
  const logger = pino({ level: 'warn' })
  const bus: Bus = await connectBus({ servers: [await context.nats()], name: 'bench', logger })
  context.defer(() => bus.close())
  await provision(bus)
  const working = consume(bus, {
    stream: STREAMS.fetch,
    consumer: laneConsumer('webhook'),
    concurrency: CONCURRENCY,
    handle: async (message) => {
      const id = message.subject.split('.').at(-1) ?? ''
      await perform({ id, document: message.string() })
      return ack
    },
  })
  context.defer(() => working.stop())
  return {
    name: 'JetStream',
    put: ({ id, document }) =>
      publish(bus, {
        subject: fetchSubject('webhook', ATHLETE, id),
        body: document,
        messageId: randomUUID(),
      }),
  }
}

/** With batches, because a worker of pg-boss fetches at most every half second; its connections are as many as ours. */
async function openPgBoss(context: BenchmarkContext, url: string, perform: Perform): Promise<Queue> {
  const boss = new PgBoss({ connectionString: url, max: CONCURRENCY })
  boss.on('error', (error) => context.note(`pg-boss: ${error.message}`))
  await boss.start()
  context.defer(() => boss.stop({ graceful: false, wait: true }))
  await boss.createQueue('upsert')
  const options = { batchSize: 250, pollingIntervalSeconds: 0.5 }
  for (let worker = 0; worker < 4; worker += 1) {
    await boss.work<Job>('upsert', options, async (jobs) => {
      await Promise.all(jobs.map(({ data }) => perform(data)))
    })
  }
  return { name: 'pg-boss', put: (job) => boss.send('upsert', job) }
}

/** With the local queue that its documentation advises for high throughput. */
async function openGraphileWorker(context: BenchmarkContext, url: string, perform: Perform): Promise<Queue> {
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
    taskList: { upsert: async (payload) => perform(asJob(payload)) },
  })
  context.defer(() => runner.stop())
  return { name: 'graphile-worker', put: (job) => utils.addJob('upsert', job) }
}

const silentLogger = () => new Logger(() => () => {})

function asJob(payload: unknown): Job {
  const isJob = typeof payload === 'object' && payload !== null && 'id' in payload && 'document' in payload
  if (!isJob) throw new TypeError('not a job of ours')
  return { id: String(payload.id), document: String(payload.document) }
}
