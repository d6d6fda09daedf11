import { testDatabase } from '@ikigai/testkit'
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
  'a transaction whose connection dies between two questions fails, and the process lives',
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

t.test('what it asks later does not run in another’s place', async (t) => {
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
