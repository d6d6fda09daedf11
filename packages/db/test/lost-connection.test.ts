import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { eventually, type TestContext, testDatabase } from '@ikigai/testkit'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { athletes, openDatabase } from '../src/index.ts'

const { url } = await testDatabase(t)
const one = openDatabase({ url, name: 'one-connection', max: 1 })
const other = openDatabase({ url, name: 'other', max: 1 })
t.teardown(() => Promise.all([one.close(), other.close()]))

const killConnection = () =>
  other.db.execute(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'one-connection'`)

const gone = async () => {
  const rows = await other.db.execute(sql`
    select 1 from pg_stat_activity
    where datname = current_database() and application_name = 'one-connection'`)
  return rows.length === 0
}

t.test(
  'lost connection: a transaction whose connection dies between two questions fails, and the process lives',
  async (t) => {
    let inside: Promise<unknown> = Promise.resolve()
    const working = one.db.transaction((tx) => {
      const steps = async () => {
        await tx.insert(athletes).values({ id: '1', scopes: [], connectedAt: new Date() })
        await killConnection()
        while (!(await gone()));
        await tx.insert(athletes).values({ id: '2', scopes: [], connectedAt: new Date() })
      }
      inside = steps()
      return inside
    })
    await t.rejects(working)
    await t.rejects(inside)
    await new Promise((resolve) => setImmediate(resolve))
    t.equal(await other.db.$count(athletes), 0, 'nothing of it is stored')
  },
)

t.test('lost connection: what it asks later does not run in another’s place', async (t) => {
  let proceed = () => {}
  const proceeding = new Promise<void>((resolve) => {
    proceed = resolve
  })
  let finished: Promise<unknown> = Promise.resolve()
  const working = one.db.transaction(async (tx) => {
    await tx.insert(athletes).values({ id: '3', scopes: [], connectedAt: new Date() })
    await killConnection()
    finished = proceeding.then(async () => {
      await tx.insert(athletes).values({ id: '4', scopes: [], connectedAt: new Date() })
    })
    await finished
  })
  await t.rejects(working)
  // The pool has connected again, and gives the connection to the next one.
  await one.db.transaction(async (tx) => {
    await tx.insert(athletes).values({ id: '5', scopes: [], connectedAt: new Date() })
    proceed()
    await finished.catch(() => {})
  })
  const rows = await one.db.select({ id: athletes.id }).from(athletes)
  t.same(rows, [{ id: '5' }])
})

/** The same database behind a way that can be cut off: who is connected gets a reset. */
async function openWay(t: TestContext): Promise<{ url: string; reset(): void }> {
  const here = new URL(url)
  const [port, host] = [Number(here.port), here.hostname]
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(port, host)
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => {})
    client.on('close', () => upstream.destroy())
    open.add(client)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  here.port = String(address.port)
  const reset = () => {
    for (const socket of open) socket.resetAndDestroy()
    open.clear()
  }
  return { url: here.href, reset }
}

t.test('lost connection: after a reset during a query, each query gets its own answer', async (t) => {
  const way = await openWay(t)
  const { db, close } = openDatabase({ url: way.url, name: 'cut-off', max: 1 })
  t.teardown(close)
  const sleeps = async () => {
    const rows = await other.db.execute(sql`
      select 1 from pg_stat_activity where application_name = 'cut-off' and query like '%pg_sleep%'`)
    return rows.length > 0
  }
  // The rollback that follows on the failure is asked before the connection is known to be closed.
  const working = db.transaction((tx) => tx.execute(sql`select pg_sleep(3)`))
  await eventually(sleeps)
  way.reset()
  await t.rejects(working)
  for (const n of [1, 2, 3]) t.match(await db.execute(sql`select ${n}::int as n`), [{ n }])
  t.same(await db.transaction((tx) => tx.$count(athletes)), 1)
})
