import { once } from 'node:events'
import { createServer } from 'node:net'
import { type TestContext, testDatabase, testRoles } from '@ikigai/testkit'
import { sql } from 'drizzle-orm'
import postgres from 'postgres'
import t from 'tap'
import { DatabaseUnfitError, migrate, openDatabase } from '../src/index.ts'
import { athletes } from '../src/schema/index.ts'

// `npm run compatibility` runs this file behind a real pooler; otherwise the settings of the session are left out alike.
const pooled = (url: string) => (url.includes('pooler=') ? url : `${url}?pooler=transaction`)

/** The same database, without a pooler. */
function direct(t: TestContext, { url, serverUrl }: { url: string; serverUrl: string }): postgres.Sql {
  const server = new URL(serverUrl)
  server.pathname = new URL(url).pathname
  const client = postgres(server.href, { max: 1, onnotice: () => {} })
  t.teardown(() => client.end())
  return client
}

t.test('pooler: four migrate at once; no lock stays', async (t) => {
  const database = await testDatabase(t, { migrated: false })
  await Promise.all([1, 2, 3, 4].map(() => migrate(pooled(database.url))))
  const admin = direct(t, database)
  t.same([...(await admin`select count(*)::int as n from drizzle.__drizzle_migrations`)], [{ n: 1 }])
  t.same(
    [
      ...(await admin`select count(*)::int as n from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())`),
    ],
    [{ n: 0 }],
  )
})

t.test('pooler: the roles that we make have our settings; statements are prepared', async (t) => {
  const database = await testDatabase(t)
  const urls = await testRoles(t, database)
  await direct(t, database).unsafe(
    `alter database "${new URL(database.url).pathname.slice(1)}" set datestyle = 'German'`,
  )
  for (const user of ['auth', 'gateway', 'fetcher', 'ingest', 'operator'] as const) {
    const { ping, close } = openDatabase({ url: pooled(urls[user]), name: 'test', user })
    await t.resolves(ping(), user)
    await close()
  }
  const { db, close } = openDatabase({ url: pooled(urls.auth), name: 'test', max: 4 })
  t.teardown(close)
  const at = new Date('2026-03-29T01:30:00.123Z')
  const ids = Array.from({ length: 40 }, (_, n) => String(n + 1))
  await Promise.all(
    ids.map((id) =>
      db.transaction(async (tx) => {
        await tx.execute(sql`select pg_advisory_xact_lock(1, ${id}::int)`)
        await tx.insert(athletes).values({ id, scopes: ['read'], connectedAt: at })
      }),
    ),
  )
  const rows = await Promise.all(ids.map((id) => db.select().from(athletes).where(sql`id = ${id}::bigint`)))
  t.same(
    rows.map(([row]) => [row?.id, row?.connectedAt]),
    ids.map((id) => [id, at]),
  )
})

t.test('pooler: a change of the schema fails one statement at most', async (t) => {
  const database = await testDatabase(t)
  const { auth } = await testRoles(t, database)
  const admin = direct(t, database)
  const { db, close } = openDatabase({ url: pooled(auth), name: 'test', max: 3 })
  t.teardown(close)
  const read = () => db.execute(sql`select * from athletes where id = ${1}::bigint`)
  const all = () =>
    Promise.all([
      read(),
      db.transaction((tx) => tx.execute(sql`select * from athletes where id = ${1}::bigint`)),
    ])
  await all()
  for (const change of ['add column more int', 'alter column more type text', 'drop column more']) {
    await admin.unsafe(`alter table athletes ${change}`)
    await read().catch(() => {})
    await t.resolves(all(), change)
    await t.resolves(all(), change)
  }
})

t.test('pooler: a role without our settings is refused with the statements that set them', async (t) => {
  const database = await testDatabase(t)
  const admin = direct(t, database)
  const role = `${new URL(database.url).pathname.slice(1)}_other`
  await admin.unsafe(`create role ${role} superuser login password 'x'`)
  t.teardown(async () => {
    const server = postgres(database.serverUrl, { max: 1, onnotice: () => {} })
    await server.unsafe(`drop database if exists "${new URL(database.url).pathname.slice(1)}" with (force)`)
    await server.unsafe(`drop role ${role}`)
    await server.end()
  })
  const url = pooled(database.url).replace(/\/\/[^@]*@/, `//${role}:x@`)
  const ping = async () => {
    const { ping, close } = openDatabase({ url, name: 'test' })
    await ping().finally(close)
  }
  const error: unknown = await ping().then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(error instanceof DatabaseUnfitError)) throw new Error('not refused', { cause: error })
  t.match(
    error.sentence,
    /^A pooler before PostgreSQL .* Set them for the role: alter role .*search_path = 'public'/,
  )
  const statements = error.sentence.slice(error.sentence.indexOf('alter role')).replace(/\.$/, '')
  await admin.unsafe(statements)
  // Connections of the pooler that were there before know nothing of it.
  await admin`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${role}`
  await t.resolves(ping())
})

t.test('a pooler that refuses our settings: what to do', async (t) => {
  const message = Buffer.from('SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: IntervalStyle\0\0')
  const length = Buffer.alloc(4)
  length.writeInt32BE(message.length + 4)
  const server = createServer((client) => {
    client.on('error', () => {})
    client.once('data', () => client.end(Buffer.concat([Buffer.from('E'), length, message])))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = `postgres://u:p@127.0.0.1:${address.port}/d`
  const { ping, close } = openDatabase({ url, name: 'test' })
  t.teardown(close)
  for (const attempt of [ping(), migrate(url)]) {
    await t.rejects(attempt, { name: 'DatabaseUnfitError', message: /put pooler=transaction at the end/ })
  }
})
