import { testDatabase } from '@ikigai/testkit'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { type Db, openDatabase, type Tx } from '../src/index.ts'

const { url } = await testDatabase(t, { migrated: false })

/** How many statements like these the one connection keeps. */
async function kept(db: Db | Tx, like: string): Promise<number> {
  const [row] = await db.execute<{ n: number }>(
    sql`select count(*)::int as n from pg_prepared_statements where statement like ${`${like}%`}`,
  )
  return row?.n ?? 0
}

const one = (db: Db | Tx, n: number) => db.execute(sql`select ${n}::int as one`)
const many = (db: Db | Tx) =>
  db.execute(
    sql`values ${sql.join(
      Array.from({ length: 41 }, (_, n) => sql`(${n}::int)`),
      sql`, `,
    )}`,
  )

t.test(
  'prepared statements: once on each connection, also in a transaction; a long list never',
  async (t) => {
    const { db, close } = openDatabase({ url, name: 'test', max: 1 })
    t.teardown(close)
    t.equal(await kept(db, 'select $1::int'), 0)
    for (const n of [1, 2, 3]) t.match(await one(db, n), [{ one: n }])
    t.equal(await kept(db, 'select $1::int'), 1)
    await db.transaction(async (tx) => {
      await tx.transaction((inner) => one(inner, 4))
      t.equal(await kept(tx, 'select $1::int'), 1)
    })
    await many(db)
    t.equal(await kept(db, 'values ($1'), 0)
  },
)

t.test('prepared statements: who says so in the address has none prepared', async (t) => {
  const { db, close } = openDatabase({ url: `${url}?prepare=false`, name: 'test', max: 1 })
  t.teardown(close)
  t.match(await one(db, 1), [{ one: 1 }])
  t.equal(await kept(db, 'select $1::int'), 0)
})
