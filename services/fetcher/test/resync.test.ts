import { activities, activityTombstones, resyncs } from '@ikigai/db'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { startResyncHarness } from './resync-harness.ts'

const HOUR_MS = 3_600_000
const harness = await startResyncHarness(t)
const { strava, db, clock } = harness
const { admin } = strava

t.test('resync: finds new, edited, late and deleted activities without events', async (t) => {
  const id = await harness.imported({ activities: 430 })
  const [newest, second, third] = admin.activities(id)
  if (newest === undefined || second === undefined || third === undefined) throw new Error('too few')
  admin.createActivity(id, { name: 'Missed' })
  admin.createActivity(id, { name: 'An old ride, uploaded late', startDate: '2028-01-01T06:00:00Z' })
  admin.updateActivity(newest.id, { name: 'Edited', distanceMeters: 12_345 })
  admin.deleteActivity(second.id)
  admin.deleteActivity(third.id)

  const calls = await harness.relistWhenDue(id)
  t.equal(calls, 3 + 2 + 1, 'three pages, one call for each missing activity, and the end')
  t.same(await harness.stored(id), harness.atStrava(id))
  const [edited] = await db.select().from(activities).where(eq(activities.id, newest.id))
  t.match(edited, { name: 'Edited', distanceMeters: 12_345 })
  t.equal(await harness.events('activity.created'), 2)
  t.equal(await harness.events('activity.updated'), 1)
  t.equal(await harness.events('activity.deleted'), 2)
  const tombstones = await db.select().from(activityTombstones).where(eq(activityTombstones.athleteId, id))
  t.same(
    tombstones.map(({ confirmed }) => confirmed),
    [true, true],
  )

  const again = await harness.relistWhenDue(id)
  t.equal(again, 3, 'nothing is left to ask')
})

t.test('resync: an unlisted activity that exists is kept and no longer marked as missing', async (t) => {
  const id = await harness.imported({ activities: 250 })
  const oldest = admin.activities(id).at(-1)
  if (oldest === undefined) throw new Error('no activity')
  // Moved from the pages still to be listed to those that were listed: this run cannot find it.
  const calls = await harness.relistWhenDue(id, (call) => {
    if (call === 1) admin.updateActivity(oldest.id, { startDate: new Date(clock.now()).toISOString() })
  })
  t.equal(calls, 2 + 1 + 1 + 1, 'a call behind the oldest page, then one for the activity')
  t.same(await harness.stored(id), harness.atStrava(id))
  const [row] = await db.select().from(activities).where(eq(activities.id, oldest.id))
  t.equal(row?.missingSince, null)
})

t.test('resync: a second run proves many deletions with fewer calls than one each', async (t) => {
  const id = await harness.imported({ activities: 400 })
  for (const { id: gone } of admin.activities(id).slice(0, 30)) admin.deleteActivity(gone)
  t.equal(await harness.relistWhenDue(id), 2)
  t.equal((await harness.stored(id)).length, 400, 'one run deletes nothing')
  t.equal(await harness.relistWhenDue(id), 2)
  t.same(await harness.stored(id), harness.atStrava(id))
  t.equal((await harness.resync(id)).quarantinedSince, null)
})

t.test('quarantine: a mass deletion is applied when a later run misses the same activities', async (t) => {
  const id = await harness.imported({ activities: 300 })
  const before = await harness.events('activity.deleted')
  for (const { id: gone } of admin.activities(id).slice(0, 100)) admin.deleteActivity(gone)
  await harness.relistWhenDue(id)
  t.match(await harness.resync(id), { quarantined: 100, state: 'idle' })
  const line = harness.logs.lines().find(({ missing }) => missing === 100)
  t.match(line, { msg: /mass deletion quarantined/ }, 'it is reported')
  t.notMatch(JSON.stringify(harness.logs.lines()), new RegExp(`\\b${id}\\b`), 'no line names the athlete')
  t.equal((await harness.stored(id)).length, 300)
  t.ok((await harness.resync(id)).dueAt.getTime() - clock.now() >= 24 * HOUR_MS, 'a day passes')
  await harness.relistWhenDue(id)
  t.same(await harness.stored(id), harness.atStrava(id))
  t.match(await harness.resync(id), { quarantined: 0, quarantinedSince: null })
  t.equal((await harness.events('activity.deleted')) - before, 100)
})

t.test('quarantine: runs that contradict each other delete nothing', async (t) => {
  const id = await harness.imported({ activities: 60 })
  const all = harness.atStrava(id)
  for (const from of [0, 20, 40, 0]) {
    const shown = new Set(all.slice(from, from + 20))
    harness.omit((activity) => !shown.has(activity))
    await harness.relistWhenDue(id)
    t.match(await harness.resync(id), { quarantined: 40 })
    t.same(await harness.stored(id), all)
  }
  harness.omit(undefined)
  await harness.relistWhenDue(id)
  t.match(
    await harness.resync(id),
    { quarantined: 0, quarantinedSince: null },
    'all are there, and nothing is held',
  )
  t.same(await harness.stored(id), all)
})

t.test('quarantine: empty runs delete nothing, however many there are', async (t) => {
  const many = await harness.imported({ activities: 40 })
  const few = await harness.imported({ activities: 4 })
  harness.omit(() => true)
  for (let time = 0; time < 4; time += 1) {
    await harness.relistWhenDue(many)
    await harness.relistWhenDue(few)
    t.match(await harness.resync(many), { quarantined: 40 })
    t.same(await harness.stored(many), harness.atStrava(many))
    t.same(
      await harness.stored(few),
      harness.atStrava(few),
      'Strava itself shows those few, when asked for each',
    )
  }
  harness.omit(undefined)
  await harness.relistWhenDue(many)
  t.match(await harness.resync(many), { quarantined: 0 })
})

t.test('quarantine: an operator approves the deletions', async (t) => {
  const id = await harness.imported({ activities: 40 })
  for (const { id: gone } of admin.activities(id)) admin.deleteActivity(gone)
  await harness.relistWhenDue(id)
  await harness.relistWhenDue(id)
  t.equal((await harness.stored(id)).length, 40, 'an empty list alone deletes nothing')
  const dueAt = new Date(clock.now())
  await db.update(resyncs).set({ approved: true, dueAt }).where(eq(resyncs.athleteId, id))
  await harness.relist(id)
  t.same(await harness.stored(id), [])
})

t.test(
  'resync: handles more activities in one second than a page holds, changed during the run',
  async (t) => {
    const startDate = '2029-06-01T00:00:01Z'
    const shared: string[] = []
    const id = await harness.imported({ activities: 230 }, (athlete) => {
      for (let n = 0; n < 500; n += 1) shared.push(admin.createActivity(athlete, { startDate }).id)
    })
    t.same(await harness.stored(id), harness.atStrava(id), 'all are imported')
    const missed = admin.createActivity(id, { startDate, name: 'In the same second' })
    shared.reverse()
    let deleted = 0
    const calls = await harness.relistWhenDue(id, (call) => {
      if (call === 0 || call > 4) return
      // The activities behind these shift to earlier pages.
      for (const gone of shared.slice(deleted, deleted + 25)) admin.deleteActivity(gone)
      deleted += 25
    })
    t.ok(calls < 200)
    const stored = await harness.stored(id)
    t.ok(stored.includes(missed.id))
    t.same(
      harness.atStrava(id).filter((activity) => !stored.includes(activity)),
      [],
      'nothing is lost',
    )
    await harness.relistWhenDue(id)
    await harness.relistWhenDue(id)
    t.same(await harness.stored(id), harness.atStrava(id))
  },
)
