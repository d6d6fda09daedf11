import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { openDatabase } from '@ikigai/db'
import { testDatabase } from '@ikigai/testkit'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { explain, LedgerStateError, openLedger, readLedger } from '../src/index.ts'
import { limitsOf, NOON, QUARTER } from './helpers.ts'

const EDGE = NOON - (NOON % QUARTER) + QUARTER
const LIMIT = 40

const { url } = await testDatabase(t)
const { db, close } = openDatabase({ url, name: 'test' })
t.teardown(close)
await db.execute(sql`create table strava_counts (window_start bigint primary key, used int not null)`)

async function startReplica(dies: string): Promise<ChildProcess> {
  const child = fork(new URL('./processes/replica.ts', import.meta.url), [url, dies], {
    execArgv: ['--import=tsx', '--conditions=@ikigai/source'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

/** Lets replicas call until they are refused, or ask to be killed and are. Resolves with what was granted to the living. */
async function race(replicas: readonly ChildProcess[], now: number): Promise<number> {
  const results = await Promise.all(
    replicas.map(async (replica) => {
      replica.send(now)
      const [answer] = await once(replica, 'message')
      if (typeof answer === 'object') return answer.granted
      replica.kill('SIGKILL')
      await once(replica, 'exit')
      return 0
    }),
  )
  return results.reduce((sum, granted) => sum + granted, 0)
}

async function countedAtStrava(): Promise<number[]> {
  const rows = await db.execute<{ used: number }>(sql`select used from strava_counts order by window_start`)
  return Array.from(rows, ({ used }) => used)
}

t.test('several processes, some killed in the middle of a call: 0 over the limit', async (t) => {
  const replicas = await Promise.all(['', '', 'before', 'after', ''].map(startReplica))
  const [living, dying, [fresh]] = [replicas.slice(0, 2), replicas.slice(2, 4), replicas.slice(4)]
  if (fresh === undefined) throw new Error('there are five')
  await race([...living, ...dying], NOON)
  t.strictSame(await countedAtStrava(), [LIMIT - 1], 'one call died before it reached Strava')

  const state = await readLedger(db)
  if (state === undefined) throw new Error('there is no ledger')
  t.equal(state.read.used.short, LIMIT, 'the lost calls count as spent')
  t.equal(state.leases.length, 2)
  t.match(explain(state, 'signup', EDGE + 1_999), { reason: 'quota_15min', until: EDGE + 2_000 })
  t.equal(explain(state, 'signup', EDGE + 2_000), undefined, 'until the edge, and not longer')

  t.equal(await race(living, EDGE + 900), 0, 'nobody calls before the edge is certain')
  t.equal(await race([fresh], EDGE + 31_000), 0, 'least of all one whose clock was never measured')
  t.equal(await race([...living, fresh], EDGE + 33_000), LIMIT)
  t.strictSame(await countedAtStrava(), [LIMIT - 1, LIMIT])
})

t.test('a state that this release does not write is refused, and not overwritten', async (t) => {
  const ledger = openLedger(db, limitsOf(100, 1_000))
  for (const [state, message] of [
    [{ form: 2 }, /of form 2; this release reads and writes form 1/],
    [{ read: {} }, /of form none/],
    [{ form: 1 }, /damaged/],
  ] as const) {
    await db.execute(sql`update quota_ledger set state = ${JSON.stringify(state)}::jsonb`)
    await t.rejects(ledger.read(), { name: LedgerStateError.name, message })
    await t.rejects(ledger.reserve('signup', NOON), { name: LedgerStateError.name, message })
    const [row] = await db.execute<{ state: string }>(sql`select state::text from quota_ledger`)
    t.strictSame(JSON.parse(row?.state ?? ''), state)
  }
})
