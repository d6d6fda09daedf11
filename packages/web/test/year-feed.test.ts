import t from 'tap'
import {
  COALESCE_MS,
  MIN_UPDATE_INTERVAL_MS,
  YearFeed,
  type YearFeedOptions,
  type YearList,
} from '../src/api/year-feed.ts'
import type { ListedActivity } from '../src/model/calendar.ts'

const activity = (
  id: number,
  start = `2026-05-01T10:00:${String(id % 60).padStart(2, '0')}Z`,
): ListedActivity => ({
  id: String(id),
  name: `No. ${id}`,
  sport_type: 'Run',
  start_time: start,
  distance_meters: 1_000,
  moving_time_seconds: 300,
})

/** A feed over a list of activities, with a clock that is set by hand. Counts requests. */
async function feedOf(count: number, options: Partial<YearFeedOptions> = {}) {
  const server = new Map(Array.from({ length: count }, (_, at) => [String(at + 1), activity(at + 1)]))
  const asked = { lists: 0, singles: 0, counts: 0 }
  const lists: YearList[] = []
  const problems: unknown[] = []
  let now = 0
  let timers: { at: number; run: () => void }[] = []
  const feed = new YearFeed(2026, {
    readYear: async (year) => {
      asked.lists += 1
      const all = [...server.values()].filter(({ start_time }) => start_time.startsWith(String(year)))
      return all.sort((one, other) => other.start_time.localeCompare(one.start_time))
    },
    readActivity: async (id) => {
      asked.singles += 1
      return server.get(id)
    },
    readStored: async () => {
      asked.counts += 1
      return server.size
    },
    onList: (list) => lists.push(list),
    onProblem: (problem) => problems.push(problem),
    clock: {
      now: () => now,
      after: (ms, run) => {
        const timer = { at: now + ms, run }
        timers.push(timer)
        return () => {
          timers = timers.filter((other) => other !== timer)
        }
      },
    },
    ...options,
  })
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  /** Lets time pass, and what it starts come to its end. */
  const pass = async (ms: number) => {
    now += ms
    const due = timers.filter(({ at }) => at <= now)
    timers = timers.filter(({ at }) => at > now)
    for (const { run } of due) run()
    await settle()
  }
  feed.setStored(count)
  await pass(0)
  const ids = () => lists.at(-1)?.activities.map(({ id }) => id)
  const change = (changes: { created?: string[]; updated?: string[]; deleted?: string[] }) =>
    feed.add({ created: [], updated: [], deleted: [], ...changes })
  return { feed, server, asked, lists, problems, pass, ids, change }
}

t.test('year feed: one event costs one request, and none when something has gone', async (t) => {
  const { feed, server, asked, lists, pass, ids, change } = await feedOf(5)
  t.strictSame(asked, { lists: 1, singles: 0, counts: 1 })
  await pass(60_000)

  server.set('6', activity(6))
  change({ created: ['6'] })
  feed.setStored(6)
  await pass(COALESCE_MS)
  t.strictSame(ids(), ['6', '5', '4', '3', '2', '1'])
  t.equal(lists.at(-1)?.stored, 6)
  await pass(60_000)

  server.delete('2')
  change({ deleted: ['2'] })
  feed.setStored(5)
  await pass(COALESCE_MS)
  t.strictSame(ids(), ['6', '5', '4', '3', '1'])
  await pass(60_000)

  server.set('3', { ...activity(3), start_time: '2025-12-31T10:00:00Z' })
  change({ updated: ['3'] })
  await pass(COALESCE_MS)
  t.strictSame(ids(), ['6', '5', '4', '1'], 'one that belongs to another year now')
  t.strictSame(asked, { lists: 1, singles: 2, counts: 1 })
})

t.test('an import of many activities: requests by time and not by event', async (t) => {
  const { feed, server, asked, lists, pass, change } = await feedOf(1)
  const seconds = 17
  for (let step = 0; step < seconds * 10; step += 1) {
    const created = Array.from({ length: 10 }, (_, at) => String(2 + step * 10 + at))
    for (const id of created) server.set(id, activity(Number(id)))
    change({ created })
    feed.setStored(server.size)
    await pass(100)
  }
  const most = 2 * (1 + (seconds * 1_000) / MIN_UPDATE_INTERVAL_MS)
  t.ok(asked.lists <= most && asked.counts <= most, JSON.stringify(asked))
  t.equal(asked.singles, 0)
  await pass(MIN_UPDATE_INTERVAL_MS)
  t.equal(lists.at(-1)?.activities.length, server.size, 'all of them in the end')
  t.equal(lists.at(-1)?.stored, server.size)
})

t.test('year feed: a count that no change explains is waited for, and then the year is read', async (t) => {
  const { feed, server, asked, lists, pass, change } = await feedOf(3)
  await pass(60_000)
  server.set('4', activity(4))
  change({ created: ['4'] })
  await pass(COALESCE_MS)
  t.equal(lists.length, 1, 'the count follows')
  feed.setStored(4)
  await pass(COALESCE_MS)
  t.equal(lists.at(-1)?.stored, 4)
  t.equal(asked.lists, 1)
  await pass(60_000)

  server.set('5', activity(5))
  feed.setStored(5)
  await pass(COALESCE_MS)
  await pass(MIN_UPDATE_INTERVAL_MS)
  t.equal(asked.lists, 2, 'an event was lost')
  t.equal(lists.at(-1)?.activities.length, 5)
})

t.test('year feed: what has come and gone meanwhile', async (t) => {
  const { feed, server, asked, pass, ids, change } = await feedOf(2)
  await pass(60_000)
  change({ created: ['3'], deleted: ['1'] })
  change({ created: ['1'], deleted: ['3'] })
  server.set('1', activity(1, '2026-06-01T10:00:00Z'))
  feed.setStored(2)
  await pass(COALESCE_MS)
  t.strictSame(ids(), ['1', '2'])
  t.strictSame(asked, { lists: 1, singles: 1, counts: 1 })
})

t.test('year feed: another year at once, and after a failure with the next change', async (t) => {
  let isDown = true
  const { feed, lists, problems, pass } = await feedOf(2, {
    readYear: async () => {
      if (isDown) throw new Error('down')
      return []
    },
  })
  t.equal(problems.length, 1)
  isDown = false
  feed.show(2025)
  await pass(0)
  t.match(lists, [{ year: 2025, activities: [], stored: 2 }])
  feed.close()
  feed.show(2024)
  await pass(60_000)
  t.equal(lists.length, 1, 'nothing after its end')
})
