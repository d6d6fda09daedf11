import { athletes, fetchQueue, imports, openDatabase } from '@ikigai/db'
import { TestClock, testDatabase } from '@ikigai/testkit'
import t from 'tap'
import { queueOrphans } from '../src/schedule/orphans.ts'

const { url } = await testDatabase(t)
const { db, close } = openDatabase({ url, name: 'test' })
t.teardown(close)
const clock = new TestClock(Date.parse('2026-06-15T12:00:00Z'))

t.test('orphans: an import that waited for its grant continues when the grant is active again', async (t) => {
  const long = new Date(clock.now() - 3_600_000)
  const grants = [
    { id: '1', grantState: 'active' },
    { id: '2', grantState: 'needs_reauthorization' },
  ] as const
  for (const { id, grantState } of grants) {
    await db.insert(athletes).values({ id, scopes: ['activity:read'], connectedAt: long, grantState })
    await db.insert(imports).values({
      athleteId: id,
      connectedAt: long,
      state: 'running',
      pages: 2,
      waitReason: 'needs_reauthorization',
      startedAt: long,
      updatedAt: long,
    })
  }
  await queueOrphans({ db, clock }, { enrich: false })
  const queued = await db.select({ lane: fetchQueue.lane, athleteId: fetchQueue.athleteId }).from(fetchQueue)
  t.same(queued, [{ lane: 'backfill', athleteId: '1' }])
})
