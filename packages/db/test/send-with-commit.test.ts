import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { type TestContext, testDatabase } from '@ikigai/testkit'
import t from 'tap'
import { athletes, type Database, openDatabase, sendWithCommit, type Tx } from '../src/index.ts'

const { url } = await testDatabase(t)
const { db, close } = openDatabase({ url, name: 'test', max: 3 })
t.teardown(close)
t.beforeEach(() => db.delete(athletes))

const insert = (tx: Tx, id: string) =>
  tx.insert(athletes).values({ id, scopes: [], connectedAt: new Date() }).execute()
const stored = async () => (await db.select({ id: athletes.id }).from(athletes)).map(({ id }) => id).sort()

t.test('send with commit: what was sent is stored', async (t) => {
  const insertBoth = (tx: Tx) => sendWithCommit(tx, () => Promise.all([insert(tx, '1'), insert(tx, '2')]))
  await db.transaction(insertBoth)
  t.same(await stored(), ['1', '2'])
})

t.test('send with commit: a failure among the last statements rolls all of them back', async (t) => {
  const work = async (tx: Tx) => {
    await insert(tx, '1')
    await sendWithCommit(tx, () => Promise.all([insert(tx, '2'), insert(tx, '1'), insert(tx, '3')]))
  }
  await t.rejects(db.transaction(work), { cause: { code: '23505' } })
  t.same(await stored(), [])
  t.equal(await db.$count(athletes), 0, 'the connection goes on')
})

t.test('send with commit: a statement after it is not run', async (t) => {
  const work = async (tx: Tx) => {
    await sendWithCommit(tx, () => insert(tx, '1'))
    await insert(tx, '2')
  }
  await t.rejects(db.transaction(work), { cause: { name: 'TransactionEndedError' } })
  t.same(await stored(), ['1'])
})

t.test('send with commit: a failure that was caught before it still ends the transaction', async (t) => {
  const work = async (tx: Tx) => {
    await insert(tx, '1')
    await insert(tx, '1').catch(() => {})
    await sendWithCommit(tx, () => insert(tx, '2')).catch(() => {})
  }
  await t.rejects(db.transaction(work), { code: '23505' })
  t.same(await stored(), [])
})

t.test('send with commit: within a transaction in a transaction it commits nothing', async (t) => {
  const work = async (tx: Tx) => {
    await tx.transaction((inner) => sendWithCommit(inner, () => insert(inner, '1')))
    throw new Error('given up')
  }
  await t.rejects(db.transaction(work), { message: 'given up' })
  t.same(await stored(), [])
})

t.test(
  'send with commit: a transaction of one step is one round trip, once its statement is prepared',
  async (t) => {
    const counted = await countingDatabase(t)
    const step = (id: string) => counted.db.transaction((tx) => sendWithCommit(tx, () => insert(tx, id)))
    await step('1')
    const before = counted.packets()
    await step('2')
    t.equal(counted.packets() - before, 1)
    const plain = counted.packets()
    await counted.db.transaction((tx) => insert(tx, '3'))
    t.equal(counted.packets() - plain, 2, 'two without it')
  },
)

/** One connection, through a way that counts what the client has written at a time. */
async function countingDatabase(t: TestContext): Promise<Database & { packets(): number }> {
  const { hostname, port } = new URL(url)
  let packets = 0
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    client.on('data', () => {
      packets += 1
    })
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => {})
    t.teardown(() => client.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const way = new URL(url)
  way.port = String(address.port)
  way.hostname = '127.0.0.1'
  const database = openDatabase({ url: way.href, name: 'counted', max: 1 })
  t.teardown(database.close)
  return { ...database, packets: () => packets }
}
