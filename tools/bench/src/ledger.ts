import postgres from 'postgres'
import type { Benchmark } from './benchmark.ts'
import { compare } from './compare.ts'

/** More than any deployment has fetchers. */
const PROCESSES = 8

/** How fast the quota ledger is when everybody wants it: one row, a lock for each step. */
export const ledger: Benchmark = {
  name: 'ledger',
  what: 'reservations per second, eight processes at once',
  async run(context) {
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
  },
}
