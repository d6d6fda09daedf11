import postgres from 'postgres'
import type { Benchmark, Figure } from './benchmark.ts'
import { compare } from './compare.ts'
import type { BenchmarkContext } from './context/benchmark-context.ts'

/** More fetchers than any deployment has. */
const PROCESSES = 8

/** Replicas whose reservations are timed, and concurrent calls of each. */
const REPLICAS = 3
const CALLS_AT_ONCE = 4

/** Throughput of the quota ledger, one row that all replicas write. */
export const ledger: Benchmark = {
  name: 'ledger',
  what: 'reservations per second of eight processes at once, and the time of one beside two more replicas',
  async run(context) {
    return [...(await rate(context)), ...(await latency(context))]
  },
}

/** Latency of a reservation while three replicas keep calling. */
async function latency(context: BenchmarkContext): Promise<Figure[]> {
  const url = await context.database()
  const replicas = await Promise.all(
    Array.from({ length: REPLICAS }, () => context.program('ledger-client', { DATABASE_URL: url })),
  )
  const request = { kind: 'replica', calls: CALLS_AT_ONCE, ms: context.quick ? 1_000 : 5_000 }
  const all = () => Promise.all(replicas.map((replica) => replica.ask(request)))
  await all()
  const readings = await all()
  const worst = (name: string) => Math.max(...readings.map((reading) => reading[name] ?? 0))
  const perSecond = readings.reduce((sum, reading) => sum + (reading['perSecond'] ?? 0), 0)
  const what = `with ${REPLICAS} replicas, ${Math.round(perSecond)} calls/s`
  return [
    { what: `reserve p50 ${what}`, unit: 'ms', ours: worst('p50') },
    { what: `reserve p99 ${what}`, unit: 'ms', ours: worst('p99'), target: { of: 'ours', atMost: 10 } },
  ]
}

async function rate(context: BenchmarkContext): Promise<readonly Figure[]> {
  const url = await context.database()
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  context.defer(() => sql.end())
  await sql`create table counter as select 0 as used`
  const clients = await Promise.all(
    Array.from({ length: PROCESSES }, () => context.program('ledger-client', { DATABASE_URL: url })),
  )
  const all = async (kind: string) => {
    const readings = await Promise.all(clients.map((client) => client.ask({ kind, ms: context.roundMs })))
    return readings.reduce((sum, { perSecond = 0 }) => sum + perSecond, 0)
  }
  return await compare({
    what: 'reserved and settled',
    unit: '/s',
    rounds: context.rounds,
    context,
    ours: () => all('ledger'),
    baselines: { 'bare counter, updated twice': () => all('counter') },
  })
}
