import { testDatabase } from '@ikigai/testkit'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { type Db, openDatabase, type Tx } from '../src/index.ts'

const { url } = await testDatabase(t, { migrated: false })
const owner = openDatabase({ url, name: 'owner', max: 1 })
t.teardown(owner.close)
const change = (statement: string) => owner.db.execute(sql.raw(statement))
await change(`create table things (id int primary key, name text, data bytea, extra jsonb)`)
await change(`insert into things values (1, 'one', '\\x00ff', '{"a": 1}')`)

/** Changes that outdate what statements return or take. */
const changes: Readonly<Record<string, string>> = {
  'a column of another type': 'alter table things alter column name type varchar(4000)',
  'a column more, for a select of all': 'alter table things add column more int default 5',
  'a column less': 'alter table things drop column more',
  'another table under the name':
    'create table others (like things including all); insert into others select * from things; drop table things; alter table others rename to things',
}

const read = (db: Db | Tx) => db.execute(sql`select * from things where id = ${1}::int`)

for (const [name, statement] of Object.entries(changes)) {
  t.test(`${name}: outside of a transaction`, async (t) => {
    const { db, close } = openDatabase({ url, name: 'test', max: 1 })
    t.teardown(close)
    await read(db)
    await change(statement)
    t.equal((await read(db)).length, 1)
    t.equal((await read(db)).length, 1)
  })
}

t.test('in transactions: run once more, on each of the connections', async (t) => {
  const { db, close } = openDatabase({ url, name: 'test', max: 3 })
  t.teardown(close)
  const all = () =>
    Promise.all(
      [1, 2, 3].map((n) =>
        db.transaction(async (tx) => {
          const [row] = await read(tx)
          await tx.execute(
            sql`insert into things (id) values (${n * 1_000}::int) on conflict (id) do nothing`,
          )
          await tx.execute(sql`select pg_sleep(0.05)`)
          return row?.['id']
        }),
      ),
    )
  t.same(await all(), [1, 1, 1])
  for (const statement of [
    'alter table things add column flag boolean',
    'alter table things drop column flag',
    'alter table things alter column name type text',
  ]) {
    await change(statement)
    t.same(await all(), [1, 1, 1], statement)
  }
})

t.test(
  'changed schema: a nested transaction is repeated, and what came before it is done once',
  async (t) => {
    const { db, close } = openDatabase({ url, name: 'test', max: 1 })
    t.teardown(close)
    await read(db)
    await change('alter table things add column nested int')
    let runs = 0
    await db.transaction(async (tx) => {
      runs += 1
      await tx.execute(sql`insert into things (id) values (${77}::int)`)
      await tx.transaction((inner) => read(inner))
    })
    t.equal(runs, 2)
    t.same(
      [...(await db.execute(sql`select count(*)::int as n from things where id = ${77}::int`))],
      [{ n: 1 }],
    )
  },
)

t.test('changed schema: another failure is not repeated, and a lasting one is reported', async (t) => {
  const { db, close } = openDatabase({ url, name: 'test', max: 1 })
  t.teardown(close)
  let runs = 0
  const fails = db.transaction(async (tx) => {
    runs += 1
    await tx.execute(sql`select 1 / ${0}::int`)
  })
  await t.rejects(fails)
  t.equal(runs, 1)
})

t.test('changed schema: what a statement was given is the same when it is run again', async (t) => {
  const { db, close } = openDatabase({ url, name: 'test', max: 1 })
  t.teardown(close)
  const data = Buffer.from([0, 1, 254, 255])
  const write = (id: number) =>
    db.execute(sql`insert into things (id, name, data, extra)
      values (${id}::int, ${'x'}, ${data}::bytea, ${'{"b":[1]}'}::jsonb) returning *`)
  await write(10)
  await change('alter table things add column again int')
  await write(11)
  const rows = await owner.db.execute(
    sql`select encode(data, 'hex') as data, extra::text as extra from things where id in (10, 11)`,
  )
  t.same(
    [...rows],
    [10, 11].map(() => ({ data: '0001feff', extra: '{"b": [1]}' })),
  )
})
