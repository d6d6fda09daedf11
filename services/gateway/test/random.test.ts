import { randomBytes } from 'node:crypto'
import type { ActivityFilter } from '@ikigai/contracts'
import { activities } from '@ikigai/db'
import { eq } from 'drizzle-orm'
import t from 'tap'
import type { Choice, ChosenActivity } from '../src/queries/activities.ts'
import type { Queries } from '../src/queries/queries.ts'
import { addActivities, addAthlete, DAY_MS, idsOf, NOW, readsOf, seededDatabase, series } from './seed.ts'

const ME = '42'
const { db } = await seededDatabase(t)
const keys = [{ id: 's1', key: randomBytes(32) }]
let now = NOW
const queries = readsOf(db, { clock: { now: () => now }, keys, invalidationIsLive: () => true })

t.beforeEach(async () => {
  now = NOW
  await db.execute('truncate athletes cascade')
  await addAthlete(db, ME)
  queries.invalidate(ME)
})

const idOf = (choice: Choice) => (typeof choice === 'string' ? choice : choice.activity.id)
const chosen = (choice: Choice): ChosenActivity => {
  if (typeof choice === 'string') throw new Error(choice)
  return choice
}

/** Chi-square statistic of counts: with 9 degrees of freedom it exceeds 45.1 in fewer than one of a million runs. */
const chiSquare = (counts: readonly number[], expected: number) =>
  counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)

/** Follows a shuffle to its end. */
async function walk(from: Queries, filter: ActivityFilter = {}, limit = 1_000): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null | undefined = ''
  while (cursor !== null && ids.length < limit) {
    const step: ChosenActivity = chosen(await from.random(ME, filter, cursor ?? ''))
    ids.push(step.activity.id)
    cursor = step.nextCursor
  }
  return ids
}

t.test('random: uniform from the cache, for single draws and pairs', async (t) => {
  const rows = series(10)
  await addActivities(db, ME, rows)
  await addActivities(db, ME, [{ id: '100', hiddenAt: new Date(NOW) }])
  const counts = new Map(idsOf(rows).map((id) => [id, 0]))
  const pairs = new Map<string, number>()
  let before = ''
  const draws = 10_000
  for (let drawn = 0; drawn < draws; drawn += 1) {
    const id = idOf(await queries.random(ME, {}))
    counts.set(id, (counts.get(id) ?? 0) + 1)
    if (drawn % 2 === 1) pairs.set(`${before} ${id}`, (pairs.get(`${before} ${id}`) ?? 0) + 1)
    before = id
  }
  t.equal(counts.size, 10, 'no other')
  const single = chiSquare([...counts.values()], draws / 10)
  t.ok(single < 45.1, `chi-square of one is ${single}`)
  // 99 degrees of freedom: exceeds 182 in fewer than one of a million runs.
  const paired = chiSquare([...pairs.values()], draws / 2 / 100)
  t.equal(pairs.size, 100)
  t.ok(paired < 182, `chi-square of two in a row is ${paired}`)
})

t.test('random: an event about a change empties the cache', async (t) => {
  await addActivities(db, ME, series(2))
  for (let asked = 0; asked < 100; asked += 1) await queries.random(ME, {})
  await db.delete(activities).where(eq(activities.id, '1'))
  queries.invalidate(ME)
  for (let asked = 0; asked < 100; asked += 1) t.equal(idOf(await queries.random(ME, {})), '2')
  await db.delete(activities).where(eq(activities.id, '2'))
  queries.invalidate(ME)
  t.equal(await queries.random(ME, {}), 'none')
})

t.test('random: a change without an event shows within seconds', async (t) => {
  await addActivities(db, ME, series(2))
  for (let asked = 0; asked < 100; asked += 1) await queries.random(ME, {})
  await db.delete(activities).where(eq(activities.id, '1'))
  now += 5_000
  for (let asked = 0; asked < 20; asked += 1) t.equal(idOf(await queries.random(ME, {})), '2')
})

t.test('random: the cache serves nothing beyond its maximum age', async (t) => {
  const confirmedAt = new Date(NOW - 7 * DAY_MS + 1_000)
  await addActivities(db, ME, [
    { id: '1', confirmedAt },
    { id: '2', detail: '{"a":1}', detailAt: confirmedAt },
  ])
  for (let asked = 0; asked < 100; asked += 1) await queries.random(ME, {})
  now += 999
  const before = await Promise.all(Array.from({ length: 40 }, () => queries.random(ME, {})))
  t.ok(before.some((choice) => chosen(choice).detail !== null))
  now += 1
  for (let asked = 0; asked < 50; asked += 1) {
    const { activity, detail } = chosen(await queries.random(ME, {}))
    t.equal(activity.id, '2')
    t.equal(detail, null)
  }
})

t.test('random: the cache separates filters and athletes', async (t) => {
  await addAthlete(db, '43')
  await addActivities(db, '43', [{ id: '9' }])
  await addActivities(db, ME, [...series(3), { id: '7', sportType: 'Swim' }])
  for (let asked = 0; asked < 30; asked += 1) {
    t.equal(idOf(await queries.random(ME, { sport_type: 'Swim' })), '7')
    t.not(idOf(await queries.random(ME, { sport_type: 'Run' })), '7')
    t.equal(idOf(await queries.random('43', {})), '9')
  }
  const many = await Promise.all(Array.from({ length: 300 }, () => queries.random(ME, {})))
  t.strictSame(new Set(many.map(idOf)), new Set(['1', '2', '3', '7']))
  await t.rejects(async () => queries.random(ME, { after: '2026-02-40T00:00:00Z' }), { name: 'InputError' })
})

t.test('shuffle: returns each activity once, in a random order', async (t) => {
  const rows = series(60)
  await addActivities(db, ME, rows)
  await addActivities(db, ME, [
    { id: '100', hiddenAt: new Date(NOW) },
    { id: '101', sportType: 'Swim' },
  ])
  const [one, two] = [await walk(queries, { sport_type: 'Run' }), await walk(queries, { sport_type: 'Run' })]
  for (const ids of [one, two]) {
    t.equal(ids.length, 60)
    t.strictSame(new Set(ids), new Set(idsOf(rows)))
  }
  t.notSame(one, two)
  t.strictSame(await walk(queries, { sport_type: 'Swim' }), ['101'])
})

t.test('shuffle: starts at a uniformly random activity', async (t) => {
  await addActivities(db, ME, series(10, 9_000_000_000))
  const counts = new Map<string, number>()
  for (let begun = 0; begun < 1_000; begun += 1) {
    const id = idOf(await queries.random(ME, {}, ''))
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const value = chiSquare([...counts.values()], 100)
  t.ok(value < 45.1, `chi-square is ${value}`)
})

t.test('shuffle: continues while activities are added and deleted', async (t) => {
  await addActivities(db, ME, series(40))
  const met: string[] = []
  let cursor: string | null | undefined = ''
  for (let step = 0; step < 20; step += 1) {
    const here: ChosenActivity = chosen(await queries.random(ME, {}, cursor ?? ''))
    met.push(here.activity.id)
    cursor = here.nextCursor
  }
  const ahead = idsOf(series(40)).filter((id) => !met.includes(id))
  const [gone = ''] = ahead
  await db.delete(activities).where(eq(activities.id, gone))
  await db.delete(activities).where(eq(activities.id, met[0] ?? ''))
  await addActivities(db, ME, series(40, 1_000))
  const rest: string[] = []
  while (cursor !== null) {
    const here: ChosenActivity = chosen(await queries.random(ME, {}, cursor ?? ''))
    rest.push(here.activity.id)
    cursor = here.nextCursor
  }
  const all = [...met, ...rest]
  t.equal(new Set(all).size, all.length, 'none is met twice')
  t.strictSame(
    new Set(rest.filter((id) => Number(id) < 1_000)),
    new Set(ahead.filter((id) => id !== gone)),
    'all that was ahead, but for what is gone',
  )
  const added = rest.filter((id) => Number(id) >= 1_000)
  t.ok(added.length > 0 && added.length < 40, 'of the new ones those whose place is ahead')
})

t.test('shuffle: starts again after the last activity', async (t) => {
  await addActivities(db, ME, series(2))
  const { activity, nextCursor } = chosen(await queries.random(ME, {}, ''))
  const other = activity.id === '1' ? '2' : '1'
  await db.delete(activities).where(eq(activities.id, other))
  const again = chosen(await queries.random(ME, {}, nextCursor ?? ''))
  t.equal(again.activity.id, activity.id)
  t.equal(again.nextCursor, null)
  await db.delete(activities).where(eq(activities.id, activity.id))
  t.equal(await queries.random(ME, {}, nextCursor ?? ''), 'none')
  t.equal(await queries.random(ME, {}, ''), 'none')
  await addActivities(db, ME, [{ id: '3' }])
  t.equal(await queries.random(ME, { sport_type: 'Swim' }, ''), 'no-match')
})

t.test('shuffle: any gateway continues it, also after a key rotation', async (t) => {
  await addActivities(db, ME, series(30))
  const first = chosen(await queries.random(ME, {}, ''))
  const rotated = readsOf(db, { keys: [{ id: 's2', key: randomBytes(32) }, ...keys] })
  const [here, there] = [queries, rotated].map(async (from) => {
    const ids: string[] = [first.activity.id]
    let cursor = first.nextCursor
    while (cursor !== null) {
      const step: ChosenActivity = chosen(await from.random(ME, {}, cursor ?? ''))
      ids.push(step.activity.id)
      cursor = step.nextCursor
    }
    return ids
  })
  t.strictSame(await here, await there)
  t.equal(new Set(await here).size, 30)
})

t.test('shuffle: rejects cursors that it did not issue', async (t) => {
  await addActivities(db, ME, series(3))
  const good = chosen(await queries.random(ME, {}, '')).nextCursor ?? ''
  const text = Buffer.from(good, 'base64url').toString()
  const parts = text.split(':')
  const changed = (at: number, value: string) =>
    Buffer.from(parts.with(at, value).join(':')).toString('base64url')
  const bad = [
    'x',
    '!!!!',
    good.slice(0, -1),
    `${good}A`,
    changed(0, 'walk.2'),
    changed(1, 's9'),
    changed(2, 'short'),
    changed(3, 'AAAAAAAA'),
    changed(4, '9223372036854775808'),
    changed(4, '-0'),
    changed(5, '9223372036854775808'),
    changed(5, "1'"),
    (await queries.list(ME, { filter: {}, limit: 1 })).next_cursor ?? '',
  ]
  for (const cursor of bad)
    await t.rejects(
      async () => queries.random(ME, {}, cursor),
      { name: 'InputError', code: 'invalid_cursor' },
      cursor,
    )
  await t.rejects(async () => queries.random(ME, { sport_type: 'Run' }, good), { message: /another filter/ })
  t.ok(await queries.random(ME, {}, good))
})
