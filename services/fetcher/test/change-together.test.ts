import { createLogger } from '@ikigai/chassis'
import { athletes, openDatabase, sendWithCommit, type Tx } from '@ikigai/db'
import { captureLogs, testDatabase } from '@ikigai/testkit'
import { eq, sql } from 'drizzle-orm'
import t from 'tap'
import { withAthleteLock } from '../src/activities/athlete-lock.ts'
import { changingTogether } from '../src/activities/change-together.ts'

const { url } = await testDatabase(t)
const { db, close } = openDatabase({ url, name: 'test' })
t.teardown(close)
const logs = captureLogs()
const changeAthlete = changingTogether(
  db,
  createLogger({ service: 'test', level: 'warn', destination: logs }),
)
const IDS = ['1', '2', '3', '4'] as const
await db.insert(athletes).values(IDS.map((id) => ({ id, scopes: ['read'], connectedAt: new Date() })))

/** Writes the name of its transaction to the athlete's row. @returns the name */
async function record(tx: Tx, id: string, scope?: string): Promise<string> {
  const [row] = await tx.execute<{ name: string }>(sql`select pg_current_xact_id()::text as name`)
  const name = row?.name ?? ''
  const scopes = scope === undefined ? [name] : [name, scope]
  await sendWithCommit(tx, () => tx.update(athletes).set({ scopes }).where(eq(athletes.id, id)).execute())
  return name
}
const change = (id: string, scope?: string) =>
  changeAthlete(
    id,
    (tx, _athlete, known: string) => record(tx, known, scope),
    undefined,
    async () => id,
  )
const stored = async (id: string) =>
  (await db.select({ scopes: athletes.scopes }).from(athletes).where(eq(athletes.id, id)))[0]?.scopes

t.test('changes: those requested during a transaction share the next one', async (t) => {
  const [first, ...rest] = await Promise.all(IDS.map((id) => change(id)))
  t.not(rest[0], first)
  t.same(rest, [rest[0], rest[0], rest[0]])
  for (const id of IDS) t.same(await stored(id), [id === '1' ? first : rest[0]])
})

t.test('changes: two of one athlete run in their order, in two transactions', async (t) => {
  const names = await Promise.all([change('1'), change('2', 'earlier'), change('2', 'later')])
  t.equal(new Set(names).size, 3)
  t.same(await stored('2'), [names[2], 'later'])
})

t.test('changes: an athlete who is locked elsewhere delays nobody else', async (t) => {
  let others: Promise<unknown> = Promise.resolve()
  let locked: Promise<unknown> = Promise.resolve()
  await withAthleteLock(db, '2', async () => {
    const all = [change('1'), change('2'), change('3'), change('4')] as const
    locked = all[1]
    others = Promise.all([all[0], all[2], all[3]])
    await others
  })
  t.ok(await locked, 'and is changed afterwards')
})

t.test('changes: one that fails rejects alone, and the others are stored', async (t) => {
  const failing = changeAthlete(
    '2',
    async (tx) => {
      await tx.execute(sql`select 1 / (select 0)`)
    },
    undefined,
    async () => undefined,
  )
  const results = await Promise.allSettled([change('1'), failing, change('3'), change('4')])
  t.same(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  )
  const [, , third] = results
  t.same(await stored('3'), third?.status === 'fulfilled' ? [third.value] : [])
})

t.test('changes: nothing is stored for an athlete who is gone, or whose rights have changed', async (t) => {
  const write = (tx: Tx) => record(tx, '1')
  const results = await Promise.all([
    changeAthlete('404', write, undefined, async () => undefined),
    changeAthlete('2', write, ['read', 'activity:read'], async () => undefined),
    change('3'),
  ])
  t.match(results, [undefined, undefined, String])
})
