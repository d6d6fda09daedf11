import { testDatabase } from '@ikigai/testkit'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { type Db, openDatabase } from '../src/index.ts'

const { url } = await testDatabase(t, { migrated: false })
const { db, close } = openDatabase({ url, name: 'test', max: 1 })
t.teardown(close)

/** The statement fails after it has sent some rows. */
const failing: Readonly<Record<string, (db: Db) => Promise<unknown>>> = {
  'a division by zero after three rows': (db) =>
    db.execute(sql`select 1 / (4 - i) as n from generate_series(1, 8) i`),
  'a cast after one row, with a parameter (prepared)': (db) =>
    db.execute(sql`select (array['1', 'x', '3'])[i]::int as n from generate_series(1, ${3}::int) i`),
  'the second of two statements at once': (db) =>
    db.execute(
      sql`select 1 as a from generate_series(1, 5); select 1 / (2 - i) as b from generate_series(1, 3) i`,
    ),
  'a statement that takes too long, rows on their way': (db) =>
    db.transaction(async (tx) => {
      await tx.execute(sql`set local statement_timeout = 50`)
      await tx.execute(
        sql`select repeat('x', 10000), pg_sleep(case when i = 90 then 10 else 0 end) from generate_series(1, 99) i`,
      )
    }),
}

for (const [name, fail] of Object.entries(failing)) {
  t.test(`the answer after a failed statement is whole: ${name}`, async (t) => {
    await t.rejects(fail(db))
    const plain = await db.execute(sql`select 42 as n`)
    t.same([...plain], [{ n: 42 }])
    t.equal(plain.length, 1)
    await t.rejects(fail(db))
    const [first] = await db.execute(sql`select ${7}::int as n union all select 8 order by n`)
    t.same(first, { n: 7 })
  })
}

t.test('failed statements: answers behind a failed one in the same pipeline are whole', async (t) => {
  const outcomes = await Promise.allSettled([
    db.execute(sql`select 1 / (3 - i) as n from generate_series(1, 5) i`),
    db.execute(sql`select 1 as n`),
    db.execute(sql`select ${2}::int as n`),
  ])
  t.same(
    outcomes.map((outcome) => (outcome.status === 'fulfilled' ? [...outcome.value] : outcome.status)),
    ['rejected', [{ n: 1 }], [{ n: 2 }]],
  )
})
