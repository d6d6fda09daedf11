import { eventually, openWay, type TestContext, testDatabase } from '@ikigai/testkit'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { athletes, DatabaseUnavailableError, openDatabase, watchAvailability } from '../src/index.ts'

const { url } = await testDatabase(t)

async function guarded(t: TestContext) {
  const way = await openWay(t, url)
  const availability = watchAvailability(way.url)
  const { db, close } = openDatabase({ url: way.url, name: 'guarded', max: 2, availability })
  t.teardown(async () => {
    way.mend()
    availability.close()
    await close()
  })
  const ask = () => db.execute(sql`select ${1}::int as one`)
  await ask()
  return { way, db, ask }
}

const isGivenUp = (error: unknown) =>
  error instanceof DatabaseUnavailableError ||
  (error instanceof Error && error.cause instanceof DatabaseUnavailableError)

for (const away of ['cut', 'silence'] as const) {
  t.test(
    `${away}: what waits is given up, what comes fails at once, and afterwards all goes on`,
    async (t) => {
      const { way, db, ask } = await guarded(t)
      way[away]()
      const waiting = await Promise.allSettled([
        ask(),
        ask(),
        ask(),
        db.transaction((tx) => tx.$count(athletes)),
      ])
      t.ok(waiting.every(({ status }) => status === 'rejected'))
      await eventually(async () => {
        const [failed] = await Promise.allSettled([ask()])
        return failed?.status === 'rejected' && isGivenUp(failed.reason)
      })
      await t.rejects(
        db.transaction(async (tx) => tx.$count(athletes)),
        DatabaseUnavailableError,
      )
      way.mend()
      await eventually(async () => (await ask().catch(() => [])).length === 1)
      t.equal(await db.transaction(async (tx) => tx.$count(athletes)), 0)
    },
  )
}

t.test(
  'availability: a transaction given up while it waited for a connection does not begin later',
  async (t) => {
    const { way, db, ask } = await guarded(t)
    way.silence()
    let begun = 0
    const work = async () => {
      begun += 1
    }
    await Promise.allSettled([ask(), ask(), db.transaction(work), db.transaction(work)])
    const before = begun
    way.mend()
    await eventually(async () => (await ask().catch(() => [])).length === 1)
    t.equal(begun, before)
  },
)

t.test('availability: work that takes long is no outage', async (t) => {
  const { db } = await guarded(t)
  const rows = await db.execute(sql`select pg_sleep(${2.5}), ${7}::int as seven`)
  t.match(rows, [{ seven: 7 }])
})
