import { activities, athletes, imports, resyncs } from '@ikigai/db'
import { and, eq, isNotNull } from 'drizzle-orm'
import t from 'tap'
import { fetchActivity } from '../src/wanted-activities/fetch-activity.ts'
import { attemptOf, startResyncHarness } from './resync-harness.ts'

t.setTimeout(240_000)
const SLOW = { timeout: 120_000 }
const harness = await startResyncHarness(t)
const { strava, db } = harness
const { admin } = strava

const suspected = (athleteId: string) =>
  db
    .select({ id: activities.id })
    .from(activities)
    .where(and(eq(activities.athleteId, athleteId), isNotNull(activities.missingSince)))

const IRREGULAR = { listShortPages: 0.5, listRepeats: 0.2, listHoles: 0.2 }
const REGULAR = { listShortPages: 0, listRepeats: 0, listHoles: 0 }

/** Removes one of the newest activities from its page, so that Strava's page is one short. */
const leaveOneOut = (id: string) => {
  const leftOut = admin.activities(id)[5]?.id
  harness.omit((activity) => activity === leftOut)
}

t.test('import: a short page does not end it', SLOW, async (t) => {
  for (const count of [650, 230]) {
    const id = await harness.imported({ activities: count }, leaveOneOut)
    harness.omit(undefined)
    t.equal((await harness.stored(id)).length, count - 1, 'all but the omitted one')
    await harness.relistWhenDue(id)
    t.same(await harness.stored(id), harness.atStrava(id))
  }
})

t.test('import: short, repeated and empty pages lose nothing', SLOW, async (t) => {
  admin.configure(IRREGULAR)
  for (const count of [0, 3, 200, 650]) {
    const id = await harness.imported({ activities: count, sharedStartSeconds: Math.floor(count / 10) })
    t.same(await harness.stored(id), harness.atStrava(id), `${count} activities`)
  }
  admin.configure(REGULAR)
})

t.test('resync: activities older than a repeated short page are not marked as missing', SLOW, async (t) => {
  const id = await harness.imported({ activities: 650 })
  leaveOneOut(id)
  for (let time = 0; time < 2; time += 1) {
    await harness.relistWhenDue(id)
    t.equal((await harness.stored(id)).length, 650)
    t.same(await suspected(id), [], 'the omitted one was verified by a call, and exists')
  }
  harness.omit(undefined)
})

t.test('resync: a run that ends before known older activities proves nothing', SLOW, async (t) => {
  const id = await harness.imported({ activities: 650 })
  const all = admin.activities(id)
  for (const kept of [199, 400]) {
    // Further calls return no more.
    const shown = new Set(all.slice(0, kept).map((each) => each.id))
    harness.omit((activity) => !shown.has(activity))
    await harness.relistWhenDue(id)
    t.equal((await harness.stored(id)).length, 650)
    t.same(await suspected(id), [])
    t.match(await harness.resync(id), { state: 'idle', quarantined: 650 - kept, completeAt: null })
  }
  harness.omit(undefined)
  await harness.relistWhenDue(id)
  const resync = await harness.resync(id)
  t.match(resync, { quarantined: 0 })
  t.not(resync.completeAt, null)
  const oldest = all.at(-1)
  if (oldest === undefined) throw new Error('no activity')
  admin.deleteActivity(oldest.id)
  await harness.relistWhenDue(id)
  t.same(await harness.stored(id), harness.atStrava(id), 'the few older ones are verified one by one')
})

t.test('resync: irregular pages lose nothing, and deletions are found', SLOW, async (t) => {
  const id = await harness.imported({ activities: 520, sharedStartSeconds: 60 })
  admin.configure(IRREGULAR)
  const there = admin.activities(id)
  for (const at of [0, 100, 300]) admin.deleteActivity(there[at]?.id ?? '')
  admin.createActivity(id, { startDate: '2020-01-01T08:00:00Z', name: 'Older than all' })
  for (let time = 0; time < 2; time += 1) {
    await harness.relistWhenDue(id)
    const stored = new Set(await harness.stored(id))
    t.same(
      harness.atStrava(id).filter((each) => !stored.has(each) && each !== admin.activities(id).at(-1)?.id),
      [],
      'nothing is lost',
    )
  }
  admin.configure(REGULAR)
  await harness.relistWhenDue(id)
  await harness.relistWhenDue(id)
  t.same(await harness.stored(id), harness.atStrava(id))
})

t.test('import: unreadable items are counted and do not end it', SLOW, async (t) => {
  const id = await harness.imported({ activities: 450 })
  const garbled = new Set(
    admin
      .activities(id)
      .slice(150, 260)
      .map((each) => each.id),
  )
  harness.garble((activity) => garbled.has(activity))
  await db.delete(activities).where(eq(activities.athleteId, id))
  await db
    .update(imports)
    .set({ state: 'queued', pages: 0, cursorBefore: null })
    .where(eq(imports.athleteId, id))
  await harness.runImport(id)
  t.equal((await harness.stored(id)).length, 450 - 110)
  const [row] = await db.select().from(imports).where(eq(imports.athleteId, id))
  t.ok((row?.unreadable ?? 0) >= 110)
  await db.delete(resyncs).where(eq(resyncs.athleteId, id))
  harness.garble(undefined)
})

t.test('resync: every fourth run looks for activities older than the oldest', SLOW, async (t) => {
  const id = await harness.imported({ activities: 300 })
  const calls = [
    await harness.relistWhenDue(id),
    await harness.relistWhenDue(id),
    await harness.relistWhenDue(id),
    await harness.relistWhenDue(id),
  ]
  t.same(calls, [2, 2, 2, 3])
})

t.test('owner: the newer document decides', SLOW, async (t) => {
  const first = await harness.imported({ activities: 30 })
  const second = await harness.imported({ activities: 3 })
  const [moved, other] = admin.activities(first)
  if (moved === undefined || other === undefined) throw new Error('no activity')
  const ownerOf = async (id: string) => {
    const [row] = await db
      .select({ owner: activities.athleteId })
      .from(activities)
      .where(eq(activities.id, id))
    return row?.owner
  }

  await t.test('owner: the new owner is resynced first', SLOW, async (t) => {
    admin.moveActivity(moved.id, second)
    await harness.relistWhenDue(second)
    t.equal(await ownerOf(moved.id), second)
    t.equal(await harness.events(`activity.deleted.${first}`), 1)
    t.equal(await harness.events(`activity.created.${second}`), 1)
    await harness.relistWhenDue(first)
    t.equal(await ownerOf(moved.id), second, 'it is not deleted because the former owner does not have it')
    t.same(await harness.stored(first), harness.atStrava(first))
  })

  await t.test('owner: the former owner is resynced first', SLOW, async (t) => {
    admin.moveActivity(other.id, second)
    await harness.relistWhenDue(first)
    t.equal(await ownerOf(other.id), undefined)
    await harness.relistWhenDue(second)
    t.equal(await ownerOf(other.id), second, 'a tombstone of the former owner does not block the new one')
    t.same(await harness.stored(second), harness.atStrava(second))
  })

  await t.test('owner: the activity moves back, with its detail', SLOW, async (t) => {
    const about = { wanted: { activityId: moved.id, requestSeq: 1 } }
    await fetchActivity(harness.deps, attemptOf('webhook', second, about))
    admin.moveActivity(moved.id, first)
    await fetchActivity(harness.deps, attemptOf('webhook', first, about))
    t.equal(await ownerOf(moved.id), first)
    const [row] = await db.select().from(activities).where(eq(activities.id, moved.id))
    t.match(row?.detail, new RegExp(`"athlete":\\s*\\{[^}]*"id":\\s*${first}`))
    t.equal(await harness.events(`activity.deleted.${second}`), 1)
  })

  await t.test('owner: an older document changes nothing', SLOW, async (t) => {
    await harness.store(
      second,
      [admin.activityText(moved.id, 'summary').replaceAll(first, second)],
      harness.clock.now() - 86_400_000,
    )
    t.equal(await ownerOf(moved.id), first)
  })

  await db.delete(athletes).where(eq(athletes.id, second))
  t.same(await harness.stored(first), harness.atStrava(first), 'it is not deleted with a former owner')
})
