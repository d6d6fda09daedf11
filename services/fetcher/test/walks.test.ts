import { activities, athletes, imports, listings } from '@ikigai/db'
import { and, eq, isNotNull } from 'drizzle-orm'
import t from 'tap'
import { fetchActivity } from '../src/live/fetch-activity.ts'
import { attemptOf, refreshWorld } from './refresh-world.ts'

t.setTimeout(240_000)
const SLOW = { timeout: 120_000 }
const world = await refreshWorld(t)
const { strava, db } = world
const { admin } = strava

const suspected = (athleteId: string) =>
  db
    .select({ id: activities.id })
    .from(activities)
    .where(and(eq(activities.athleteId, athleteId), isNotNull(activities.missingSince)))

const IRREGULAR = { listShortPages: 0.5, listRepeats: 0.2, listHoles: 0.2 }
const REGULAR = { listShortPages: 0, listRepeats: 0, listHoles: 0 }

/** Strava's lists leave out one of the newest, as if it were not there, after they have cut the page. */
const leaveOneOut = (id: string) => {
  const leftOut = admin.activities(id)[5]?.id
  world.omit((activity) => activity === leftOut)
}

t.test('an import does not end with a page that is short', SLOW, async (t) => {
  for (const count of [650, 230]) {
    const id = await world.imported({ activities: count }, leaveOneOut)
    world.omit(undefined)
    t.equal((await world.stored(id)).length, count - 1, 'all but what the list does not show')
    await world.relistWhenDue(id)
    t.same(await world.stored(id), world.atStrava(id))
  }
})

t.test('an import on short, repeated and empty pages brings all', SLOW, async (t) => {
  admin.configure(IRREGULAR)
  for (const count of [0, 3, 200, 650]) {
    const id = await world.imported({ activities: count, sharedStartSeconds: Math.floor(count / 10) })
    t.same(await world.stored(id), world.atStrava(id), `${count} activities`)
  }
  admin.configure(REGULAR)
})

t.test('nothing older than a short page is suspected, however often it comes', SLOW, async (t) => {
  const id = await world.imported({ activities: 650 })
  leaveOneOut(id)
  for (let time = 0; time < 2; time += 1) {
    await world.relistWhenDue(id)
    t.equal((await world.stored(id)).length, 650)
    t.same(await suspected(id), [], 'the one that it left out was asked for, and is there')
  }
  world.omit(undefined)
})

t.test('a listing that ends before what is known to be older proves nothing', SLOW, async (t) => {
  const id = await world.imported({ activities: 650 })
  const all = admin.activities(id)
  for (const kept of [199, 400]) {
    // Strava shows no more, however often it is asked.
    const shown = new Set(all.slice(0, kept).map((each) => each.id))
    world.omit((activity) => !shown.has(activity))
    await world.relistWhenDue(id)
    t.equal((await world.stored(id)).length, 650)
    t.same(await suspected(id), [])
    t.match(await world.listing(id), { state: 'idle', held: 650 - kept, completeAt: null })
  }
  world.omit(undefined)
  await world.relistWhenDue(id)
  const listing = await world.listing(id)
  t.match(listing, { held: 0 })
  t.not(listing.completeAt, null)
  const oldest = all.at(-1)
  if (oldest === undefined) throw new Error('no activity')
  admin.deleteActivity(oldest.id)
  await world.relistWhenDue(id)
  t.same(await world.stored(id), world.atStrava(id), 'a few that are older are asked for one by one')
})

t.test('on irregular pages, listings lose nothing and find what is gone', SLOW, async (t) => {
  const id = await world.imported({ activities: 520, sharedStartSeconds: 60 })
  admin.configure(IRREGULAR)
  const there = admin.activities(id)
  for (const at of [0, 100, 300]) admin.deleteActivity(there[at]?.id ?? '')
  admin.createActivity(id, { startDate: '2020-01-01T08:00:00Z', name: 'Older than all' })
  for (let time = 0; time < 2; time += 1) {
    await world.relistWhenDue(id)
    const stored = new Set(await world.stored(id))
    t.same(
      world.atStrava(id).filter((each) => !stored.has(each) && each !== admin.activities(id).at(-1)?.id),
      [],
      'nothing is lost',
    )
  }
  admin.configure(REGULAR)
  await world.relistWhenDue(id)
  await world.relistWhenDue(id)
  t.same(await world.stored(id), world.atStrava(id))
})

t.test('what cannot be read is counted, and no end', SLOW, async (t) => {
  const id = await world.imported({ activities: 450 })
  const garbled = new Set(
    admin
      .activities(id)
      .slice(150, 260)
      .map((each) => each.id),
  )
  world.garble((activity) => garbled.has(activity))
  await db.delete(activities).where(eq(activities.athleteId, id))
  await db
    .update(imports)
    .set({ state: 'queued', pages: 0, cursorBefore: null })
    .where(eq(imports.athleteId, id))
  await world.runImport(id)
  t.equal((await world.stored(id)).length, 450 - 110)
  const [row] = await db.select().from(imports).where(eq(imports.athleteId, id))
  t.ok((row?.unreadable ?? 0) >= 110)
  await db.delete(listings).where(eq(listings.athleteId, id))
  world.garble(undefined)
})

t.test('one resync in four asks for what lies behind the oldest', SLOW, async (t) => {
  const id = await world.imported({ activities: 300 })
  const calls = [
    await world.relistWhenDue(id),
    await world.relistWhenDue(id),
    await world.relistWhenDue(id),
    await world.relistWhenDue(id),
  ]
  t.same(calls, [2, 2, 2, 3])
})

t.test('the newer document decides whose an activity is', SLOW, async (t) => {
  const first = await world.imported({ activities: 30 })
  const second = await world.imported({ activities: 3 })
  const [moved, other] = admin.activities(first)
  if (moved === undefined || other === undefined) throw new Error('no activity')
  const ownerOf = async (id: string) => {
    const [row] = await db
      .select({ owner: activities.athleteId })
      .from(activities)
      .where(eq(activities.id, id))
    return row?.owner
  }

  await t.test('the new owner is listed first', SLOW, async (t) => {
    admin.moveActivity(moved.id, second)
    await world.relistWhenDue(second)
    t.equal(await ownerOf(moved.id), second)
    t.equal(await world.told(`activity.deleted.${first}`), 1)
    t.equal(await world.told(`activity.created.${second}`), 1)
    await world.relistWhenDue(first)
    t.equal(await ownerOf(moved.id), second, 'that the former owner lacks it erases nothing')
    t.same(await world.stored(first), world.atStrava(first))
  })

  await t.test('the former owner is told first that it is gone', SLOW, async (t) => {
    admin.moveActivity(other.id, second)
    await world.relistWhenDue(first)
    t.equal(await ownerOf(other.id), undefined)
    await world.relistWhenDue(second)
    t.equal(await ownerOf(other.id), second, 'a tombstone of his keeps nobody else out')
    t.same(await world.stored(second), world.atStrava(second))
  })

  await t.test('and back, with its detail', SLOW, async (t) => {
    const about = { wanted: { activityId: moved.id, requestSeq: 1 } }
    await fetchActivity(world.deps, attemptOf('webhook', second, about))
    admin.moveActivity(moved.id, first)
    await fetchActivity(world.deps, attemptOf('webhook', first, about))
    t.equal(await ownerOf(moved.id), first)
    const [row] = await db.select().from(activities).where(eq(activities.id, moved.id))
    t.match(row?.detail, new RegExp(`"athlete":\\s*\\{[^}]*"id":\\s*${first}`))
    t.equal(await world.told(`activity.deleted.${second}`), 1)
  })

  await t.test('an older document changes nothing', SLOW, async (t) => {
    await world.store(
      second,
      [admin.activityText(moved.id, 'summary').replaceAll(first, second)],
      world.clock.now() - 86_400_000,
    )
    t.equal(await ownerOf(moved.id), first)
  })

  await db.delete(athletes).where(eq(athletes.id, second))
  t.same(await world.stored(first), world.atStrava(first), 'it does not go with who had it for a while')
})
