import { eventually, testDatabase, testRoles } from '@ikigai/testkit'
import postgres from 'postgres'
import t from 'tap'
import { acquireLock, authLocks, ingestLocks, openDatabase, tryLock } from '../src/index.ts'

t.test('a lock: the second holder waits for the first; one that only tries does not', async (t) => {
  const { url } = await testDatabase(t)
  const { db, close } = openDatabase({ url, name: 'test' })
  const sql = postgres(url, { max: 1 })
  t.teardown(() => Promise.all([close(), sql.end()]))
  const order: string[] = []
  let second: Promise<void> | undefined
  await db.transaction(async (tx) => {
    await acquireLock(tx, ingestLocks, 'subscription')
    t.notOk(await db.transaction((other) => tryLock(other, ingestLocks, 'subscription')))
    second = db.transaction(async (other) => {
      await acquireLock(other, ingestLocks, 'subscription')
      order.push('second')
    })
    await eventually(async () => {
      const waiting = await sql`
        select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
      return waiting.length === 1
    })
    order.push('first')
  })
  await second
  t.same(order, ['first', 'second'])
  t.ok(await db.transaction((tx) => tryLock(tx, ingestLocks, 'subscription')), 'free again')
  await t.rejects(
    db.transaction((tx) => acquireLock(tx, authLocks, 'none')),
    { message: 'the lock none is not in the database' },
  )
})

t.test('a lock: only its owner may hold it', async (t) => {
  const urls = await testRoles(t, await testDatabase(t))
  for (const user of ['gateway', 'ingest', 'fetcher', 'operator'] as const) {
    const { db, close } = openDatabase({ url: urls[user], name: 'test' })
    t.teardown(close)
    await t.rejects(
      db.transaction((tx) => acquireLock(tx, authLocks, 'sign-up')),
      { cause: { code: '42501' } },
      user,
    )
  }
  const { db, close } = openDatabase({ url: urls.auth, name: 'test' })
  t.teardown(close)
  await t.resolves(db.transaction((tx) => acquireLock(tx, authLocks, 'sign-up')))
})
