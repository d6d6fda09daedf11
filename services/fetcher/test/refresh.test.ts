import { activities, activityTombstones, releaseHeld } from '@ikigai/db'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { refreshWorld } from './refresh-world.ts'

const HOUR_MS = 3_600_000
const world = await refreshWorld(t)
const { strava, db, clock } = world
const { admin } = strava

t.test('a listing finds what no event has told: new, edited, late and deleted', async (t) => {
  const id = await world.imported({ activities: 430 })
  const [newest, second, third] = admin.activities(id)
  if (newest === undefined || second === undefined || third === undefined) throw new Error('too few')
  admin.createActivity(id, { name: 'Missed' })
  admin.createActivity(id, { name: 'An old ride, uploaded late', startDate: '2028-01-01T06:00:00Z' })
  admin.updateActivity(newest.id, { name: 'Edited', distanceMeters: 12_345 })
  admin.deleteActivity(second.id)
  admin.deleteActivity(third.id)

  const calls = await world.relistWhenDue(id)
  t.equal(calls, 3 + 2 + 1, 'three pages, a question for each that is missing, and the end')
  t.same(await world.stored(id), world.atStrava(id))
  const [edited] = await db.select().from(activities).where(eq(activities.id, newest.id))
  t.match(edited, { name: 'Edited', distanceMeters: 12_345 })
  t.equal(await world.told('activity.created'), 2)
  t.equal(await world.told('activity.updated'), 1)
  t.equal(await world.told('activity.deleted'), 2)
  const tombstones = await db.select().from(activityTombstones).where(eq(activityTombstones.athleteId, id))
  t.same(
    tombstones.map(({ confirmed }) => confirmed),
    [true, true],
  )

  const again = await world.relistWhenDue(id)
  t.equal(again, 3, 'nothing is left to ask')
})

t.test('what is not listed but there is kept, and its suspicion ends', async (t) => {
  const id = await world.imported({ activities: 250 })
  const oldest = admin.activities(id).at(-1)
  if (oldest === undefined) throw new Error('no activity')
  // Moved from what is yet to be listed into what has been: this listing cannot see it.
  const calls = await world.relistWhenDue(id, (call) => {
    if (call === 1) admin.updateActivity(oldest.id, { startDate: new Date(clock.now()).toISOString() })
  })
  t.equal(calls, 2 + 1 + 1 + 1, 'what lies behind the oldest page, then it was asked for')
  t.same(await world.stored(id), world.atStrava(id))
  const [row] = await db.select().from(activities).where(eq(activities.id, oldest.id))
  t.equal(row?.missingSince, null)
})

t.test('many deletions are proven by a second listing, which costs less than asking for each', async (t) => {
  const id = await world.imported({ activities: 400 })
  for (const { id: gone } of admin.activities(id).slice(0, 30)) admin.deleteActivity(gone)
  t.equal(await world.relistWhenDue(id), 2)
  t.equal((await world.stored(id)).length, 400, 'one listing erases nothing')
  t.equal(await world.relistWhenDue(id), 2)
  t.same(await world.stored(id), world.atStrava(id))
  t.equal((await world.listing(id)).heldSince, null)
})

t.test('a mass deletion is held, and believed when a later listing says the very same', async (t) => {
  const id = await world.imported({ activities: 300 })
  const before = await world.told('activity.deleted')
  for (const { id: gone } of admin.activities(id).slice(0, 100)) admin.deleteActivity(gone)
  await world.relistWhenDue(id)
  t.match(await world.listing(id), { held: 100, state: 'idle' })
  t.match(
    world.logs.lines().find(({ athleteId, missing }) => athleteId === id && missing === 100),
    { msg: /mass deletion held/ },
    'it is reported',
  )
  t.equal((await world.stored(id)).length, 300)
  t.ok((await world.listing(id)).dueAt.getTime() - clock.now() >= 24 * HOUR_MS, 'a day passes')
  await world.relistWhenDue(id)
  t.same(await world.stored(id), world.atStrava(id))
  t.match(await world.listing(id), { held: 0, heldSince: null })
  t.equal((await world.told('activity.deleted')) - before, 100)
})

t.test('listings that contradict each other erase nothing', async (t) => {
  const id = await world.imported({ activities: 60 })
  const all = world.atStrava(id)
  for (const from of [0, 20, 40, 0]) {
    const shown = new Set(all.slice(from, from + 20))
    world.omit((activity) => !shown.has(activity))
    await world.relistWhenDue(id)
    t.match(await world.listing(id), { held: 40 })
    t.same(await world.stored(id), all)
  }
  world.omit(undefined)
  await world.relistWhenDue(id)
  t.match(await world.listing(id), { held: 0, heldSince: null }, 'all are there, and nothing is held')
  t.same(await world.stored(id), all)
})

t.test('an empty listing erases nothing, however often it comes', async (t) => {
  const many = await world.imported({ activities: 40 })
  const few = await world.imported({ activities: 4 })
  world.omit(() => true)
  for (let time = 0; time < 4; time += 1) {
    await world.relistWhenDue(many)
    await world.relistWhenDue(few)
    t.match(await world.listing(many), { held: 40 })
    t.same(await world.stored(many), world.atStrava(many))
    t.same(await world.stored(few), world.atStrava(few), 'Strava itself shows those few, when asked for each')
  }
  world.omit(undefined)
  await world.relistWhenDue(many)
  t.match(await world.listing(many), { held: 0 })
})

t.test('an operator can release what is held', async (t) => {
  const id = await world.imported({ activities: 40 })
  for (const { id: gone } of admin.activities(id)) admin.deleteActivity(gone)
  await world.relistWhenDue(id)
  await world.relistWhenDue(id)
  t.equal((await world.stored(id)).length, 40, 'an empty listing is never believed by itself')
  await releaseHeld(db, id, new Date(clock.now()))
  await world.relist(id)
  t.same(await world.stored(id), [])
})

t.test(
  'more activities in one second than a page holds, deleted and added while they are listed',
  async (t) => {
    const startDate = '2029-06-01T00:00:01Z'
    const shared: string[] = []
    const id = await world.imported({ activities: 230 }, (athlete) => {
      for (let n = 0; n < 500; n += 1) shared.push(admin.createActivity(athlete, { startDate }).id)
    })
    t.same(await world.stored(id), world.atStrava(id), 'all are imported')
    const missed = admin.createActivity(id, { startDate, name: 'In the same second' })
    shared.reverse()
    let deleted = 0
    const calls = await world.relistWhenDue(id, (call) => {
      if (call === 0 || call > 4) return
      // Everything behind these moves forward.
      for (const gone of shared.slice(deleted, deleted + 25)) admin.deleteActivity(gone)
      deleted += 25
    })
    t.ok(calls < 200)
    const stored = await world.stored(id)
    t.ok(stored.includes(missed.id))
    t.same(
      world.atStrava(id).filter((activity) => !stored.includes(activity)),
      [],
      'nothing is lost',
    )
    await world.relistWhenDue(id)
    await world.relistWhenDue(id)
    t.same(await world.stored(id), world.atStrava(id))
  },
)
