import { openDatabase } from '@ikigai/db'
import { crowdedDatabase } from '@ikigai/testkit'
import t from 'tap'
import { readsOf } from './seed.ts'

const crowded = await crowdedDatabase(t)

t.test('query plans: no query for one athlete scans all athletes or activities', async (t) => {
  const { db, close } = openDatabase({ url: crowded.url, name: 'plans', max: 1 })
  const queries = readsOf(db, { clock: { now: () => Date.now() }, activityCacheBytes: 0 })
  const filter = {
    sport_type: 'Run',
    after: '2020-01-01T00:00:00Z',
    from_date: '2020-01-01',
    to_date: '2029-12-31',
    min_distance: 1,
    max_distance: 1e6,
  }
  // From the sixth execution on, a prepared statement may use a generic plan.
  for (let turn = 1; turn <= 12; turn += 1) {
    const id = String(turn)
    await queries.random(id, {})
    await queries.random(id, filter)
    await queries.random(id, { sport_type: 'Swim' })
    const first = await queries.random(id, filter, '')
    t.equal(typeof first, 'object')
    for (const sort of ['-start_time', 'start_time', '-distance', 'moving_time', 'elevation_gain'] as const) {
      const page = await queries.list(id, { filter, sort, limit: 3 })
      if (page.next_cursor !== null)
        await queries.list(id, { filter, sort, limit: 3, cursor: page.next_cursor })
    }
    await queries.listText(id, { filter, limit: 200, fields: ['id', 'name'] })
    await queries.activity(id, id)
    await queries.athlete(id)
    await queries.import(id)
    await queries.storedData(id).countOmitted()
    for await (const _ of queries.storedData(id).activities()) break
  }
  await close()
  t.strictSame(await crowded.tablesReadWhole('plans'), [])
})
