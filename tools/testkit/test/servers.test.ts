import { testDatabase, testNats } from '@ikigai/testkit'
import { connect } from 'nats'
import postgres from 'postgres'
import t from 'tap'

t.test('servers: every database is migrated, and another one', async (t) => {
  const [one, two] = await Promise.all([testDatabase(t), testDatabase(t)])
  t.not(one.url, two.url)
  for (const { url } of [one, two]) {
    const sql = postgres(url, { max: 1 })
    t.teardown(() => sql.end())
    const tables =
      await sql`select 1 from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`
    t.ok(tables.length > 1)
    await sql`create table only_here (id int)`
  }
})

t.test('servers: an empty database has no tables, and is gone after its test', async (t) => {
  let url = ''
  await t.test('with an open connection', async (t) => {
    url = (await testDatabase(t, { migrated: false })).url
    const sql = postgres(url, { max: 1, onclose: () => {} })
    t.teardown(() => sql.end())
    t.same(
      await sql`select 1 from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
      [],
    )
  })
  const sql = postgres(url, { max: 1 })
  await t.rejects(sql`select 1`, { code: '3D000' })
  await sql.end()
})

t.test('servers: a NATS server has JetStream and keeps its data over an outage', async (t) => {
  const nats = await testNats(t)
  const first = await connect({ servers: nats.url })
  await (await first.jetstreamManager()).streams.add({ name: 'KEPT', subjects: ['kept'] })
  await first.jetstream().publish('kept', 'one')
  await first.close()
  await nats.interrupt('SIGKILL')
  await t.rejects(connect({ servers: nats.url, reconnect: false, timeout: 1000 }))
  await nats.resume()
  const second = await connect({ servers: nats.url })
  const info = await (await second.jetstreamManager()).streams.info('KEPT')
  t.equal(info.state.messages, 1)
  await second.close()
})

t.test('servers: a NATS server with a user turns others away', async (t) => {
  const nats = await testNats(t, { user: 'ikigai', password: 'a "b" c' })
  await t.rejects(connect({ servers: nats.url, reconnect: false }), { code: 'AUTHORIZATION_VIOLATION' })
  const connection = await connect({ servers: nats.url, user: 'ikigai', pass: 'a "b" c' })
  await connection.close()
})
