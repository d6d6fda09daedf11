import t from 'tap'
import type { FreshActivity } from '../src/queries/activities.ts'
import { ActivityCache, type ActivityCacheOptions } from '../src/queries/activity-cache.ts'
import type { FreshPage } from '../src/queries/list.ts'
import { DAY_MS, NOW } from './seed.ts'

const ME = '42'
const MAX_AGE_MS = 7 * DAY_MS

/** A cache over rows in memory, with counts of its queries. */
function setUp(options: Partial<ActivityCacheOptions> = {}) {
  const rows = new Map<string, { text: string; confirmedAtMs: number }>()
  const state = { now: NOW, live: true, version: 1, failing: false }
  const asked = { version: 0, ids: 0, activities: 0, pages: 0 }
  const change = (work: () => void) => {
    work()
    state.version += 1
  }
  const isFresh = ({ confirmedAtMs }: { confirmedAtMs: number }) => confirmedAtMs + MAX_AGE_MS > state.now
  const cache = new ActivityCache({
    source: {
      version: async () => {
        asked.version += 1
        if (state.failing) throw new Error('PostgreSQL is away')
        return String(state.version)
      },
      ids: async () => {
        asked.ids += 1
        return [...rows]
          .filter(([, row]) => isFresh(row))
          .map(([id, { confirmedAtMs }]) => ({ id, confirmedAt: new Date(confirmedAtMs) }))
      },
      activities: async (_athleteId, ids) => {
        asked.activities += 1
        return ids.flatMap((id) => {
          const row = rows.get(id)
          return row === undefined || !isFresh(row) ? [] : [freshActivity(id, row)]
        })
      },
    },
    clock: { now: () => state.now },
    cacheMaxAgeMs: MAX_AGE_MS,
    maxBytes: 4_000_000,
    invalidationIsLive: () => state.live,
    ...options,
  })
  const random = async () => {
    const entry = await cache.entryOf(ME)
    return entry === undefined ? 'direct' : (await cache.random(entry, {}))?.id
  }
  const warmUp = async () => {
    for (let count = 0; count < 500; count += 1) await random()
  }
  const reset = () => Object.assign(asked, { version: 0, ids: 0, activities: 0, pages: 0 })
  return { cache, rows, state, asked, change, random, warmUp, reset }
}

/** An activity with only the properties that the cache uses. */
function freshActivity(id: string, { text, confirmedAtMs }: { text: string; confirmedAtMs: number }) {
  const activity = { id, name: text } as unknown as FreshActivity['activity']
  const json = `${JSON.stringify(activity).slice(0, -1)},"detail":null}`
  return { id, hasDetail: false, activity, detail: null, json, confirmedAtMs }
}

const fill = ({ rows }: ReturnType<typeof setUp>, count: number, text = 'x') => {
  for (let id = 1; id <= count; id += 1) rows.set(String(id), { text, confirmedAtMs: NOW })
}

t.test('activity cache: caches from the third request in a row', async (t) => {
  const setup = setUp()
  fill(setup, 100)
  t.strictSame([await setup.random(), await setup.random()], ['direct', 'direct'])
  await setup.warmUp()
  setup.reset()
  for (let count = 0; count < 1_000; count += 1) t.not(await setup.random(), 'direct')
  t.strictSame(setup.asked, { version: 0, ids: 0, activities: 0, pages: 0 }, 'no question to the database')
})

t.test('activity cache: a pause of a minute ends the row', async (t) => {
  const setup = setUp()
  fill(setup, 10)
  await setup.warmUp()
  setup.state.now += 60_000
  t.equal(await setup.random(), 'direct')
})

t.test('activity cache: a change without an event shows within five seconds', async (t) => {
  const setup = setUp()
  const { state, rows, change, random } = setup
  fill(setup, 2)
  await setup.warmUp()
  change(() => rows.delete('1'))
  state.now += 5_000
  for (let count = 0; count < 50; count += 1) t.equal(await random(), '2')
})

t.test(
  'activity cache: checks the version in the background; an unchanged one keeps the items',
  async (t) => {
    const setup = setUp()
    const { state, asked, random } = setup
    fill(setup, 50)
    await setup.warmUp()
    setup.reset()
    for (let second = 0; second < 20; second += 1) {
      state.now += 1_000
      await random()
      await new Promise(setImmediate)
    }
    t.ok(asked.version >= 4 && asked.version <= 10, `asked ${asked.version} times in 20 seconds`)
    t.strictSame([asked.ids, asked.activities], [0, 0])
  },
)

t.test('activity cache: without PostgreSQL, items are served for at most five seconds', async (t) => {
  const setup = setUp()
  fill(setup, 2)
  await setup.warmUp()
  setup.state.failing = true
  setup.state.now += 4_999
  t.not(await setup.random(), 'direct')
  setup.state.now += 1
  await t.rejects(setup.random(), /PostgreSQL is away/)
  setup.state.failing = false
  t.ok(await setup.random())
})

t.test('activity cache: an event empties the entry at once, also for reads in progress', async (t) => {
  const setup = setUp()
  const { rows, cache, change, random } = setup
  fill(setup, 3)
  await random()
  await random()
  const entry = await cache.entryOf(ME)
  if (entry === undefined) throw new Error('not cached')
  const underWay = cache.activity(entry, '1')
  change(() => rows.delete('1'))
  cache.invalidate(ME)
  await underWay
  await random()
  await random()
  const next = await cache.entryOf(ME)
  if (next === undefined) throw new Error('not cached')
  t.equal(await cache.activity(next, '1'), undefined)
})

t.test('activity cache: caches nothing while events are not received', async (t) => {
  const setup = setUp()
  fill(setup, 3)
  await setup.warmUp()
  setup.state.live = false
  t.equal(await setup.random(), 'direct')
  setup.state.live = true
  t.equal(await setup.random(), 'direct')
})

t.test('activity cache: serves nothing beyond its maximum age', async (t) => {
  const setup = setUp()
  const { rows, state, random } = setup
  rows.set('1', { text: 'old', confirmedAtMs: NOW - MAX_AGE_MS + 1_000 })
  rows.set('2', { text: 'new', confirmedAtMs: NOW })
  await setup.warmUp()
  state.now += 1_000
  for (let count = 0; count < 50; count += 1) t.equal(await random(), '2')
})

t.test('activity cache: memory is bounded, and draws stay uniform', async (t) => {
  const setup = setUp({ maxBytes: 60_000 })
  fill(setup, 100, 'y'.repeat(1_000))
  await setup.warmUp()
  const counts = new Map<string, number>()
  for (let count = 0; count < 20_000; count += 1) {
    const id = String(await setup.random())
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - 200) ** 2 / 200, 0)
  t.equal(counts.size, 100)
  // 99 degrees of freedom: exceeds 182 in fewer than one of a million runs.
  t.ok(chiSquare < 182, `chi-square is ${chiSquare}`)
  t.ok(setup.asked.activities > 1_000, 'most had to be read again')
})

t.test('activity cache: a page is read once, until a change or its maximum age', async (t) => {
  const setup = setUp()
  const { cache, state, asked } = setup
  fill(setup, 1)
  await setup.warmUp()
  const page: FreshPage = { page: { data: [], next_cursor: null }, confirmedAtMs: NOW - MAX_AGE_MS + 4_000 }
  const read = async () => {
    asked.pages += 1
    return page
  }
  const ask = async () => {
    const entry = await cache.entryOf(ME)
    return entry === undefined ? undefined : cache.page(entry, 'list', read)
  }
  const first = await ask()
  t.equal(first?.json, '{"data":[],"next_cursor":null}')
  t.match(first?.entityTag, /^W\/"/)
  t.equal(await ask(), first)
  t.equal(asked.pages, 1)
  state.now += 4_000
  await ask()
  t.equal(asked.pages, 2)
})

t.test('activity cache: caches nothing when turned off', async (t) => {
  const setup = setUp({ maxBytes: 0 })
  fill(setup, 3)
  for (let count = 0; count < 10; count += 1) t.equal(await setup.random(), 'direct')
})
