import {
  activities,
  activityTombstones,
  athletes,
  imports,
  processedEvents,
  recordHeartbeat,
} from '@ikigai/db'
import { and, eq, isNotNull, isNull } from 'drizzle-orm'
import t from 'tap'
import { withAthleteLock } from '../src/activities/athlete-lock.ts'
import { removeUnreadable } from '../src/activities/remove-unreadable.ts'
import { upsertActivities } from '../src/activities/upsert.ts'
import { scheduleResyncs } from '../src/resync/schedule.ts'
import { enforceRetention } from '../src/retention/enforce-retention.ts'
import { fetchActivity } from '../src/wanted-activities/fetch-activity.ts'
import { attemptOf, startResyncHarness } from './resync-harness.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const harness = await startResyncHarness(t)
const { strava, db, clock, deps } = harness
const { admin } = strava

const rowsOf = (athleteId: string) => db.select().from(activities).where(eq(activities.athleteId, athleteId))

const newestOf = (athleteId: string, activityId: string) =>
  attemptOf('newest', athleteId, { wanted: { activityId, requestSeq: 1 } })

t.test('retention: activities unconfirmed for CACHE_MAX_AGE are deleted', async (t) => {
  const id = await harness.imported({ activities: 5 })
  const [newest] = admin.activities(id)
  if (newest === undefined) throw new Error('no activity')
  await fetchActivity(deps, newestOf(id, newest.id))
  const importedAt = clock.now()
  await db.insert(activityTombstones).values({
    activityId: '1',
    athleteId: id,
    eventTime: 1,
    recordedAt: new Date(importedAt),
  })
  await db
    .insert(processedEvents)
    .values({ key: 'k', athleteId: id, activityId: '1', processedAt: new Date(importedAt) })

  await clock.advance(3 * DAY_MS)
  t.match(await enforceRetention(db, clock.now(), deps.maxAgeMs), {
    activities: 0,
    details: 0,
    tombstones: 0,
    events: 0,
  })
  await harness.relist(id)
  await clock.advance(4 * DAY_MS)
  t.match(
    await enforceRetention(db, clock.now(), deps.maxAgeMs),
    { activities: 0, details: 1 },
    'a detail expires by its own age',
  )
  const [row] = (await rowsOf(id)).filter((each) => each.id === newest.id)
  t.match(row, { detail: null, detailAt: null })
  t.not(row?.summary, null, 'the list has confirmed the summary in the meantime')

  await clock.advance(3 * DAY_MS)
  t.match(await enforceRetention(db, clock.now(), deps.maxAgeMs), { activities: 5, tombstones: 1, events: 1 })
  t.equal((await rowsOf(id)).length, 0)
  t.equal(await harness.events('activity.deleted'), 0, 'no deletion is published: they still exist at Strava')
  await harness.relist(id)
  t.equal((await rowsOf(id)).length, 5, 'the next resync stores them again')
  await db.delete(athletes).where(eq(athletes.id, id))
})

t.test('resync: while calls are possible, every activity is confirmed within 48 hours', async (t) => {
  const ids = [await harness.imported({ activities: 210 }), await harness.imported({ activities: 3 })]
  let oldest = 0
  for (let hour = 0; hour < 9 * 24; hour += 8) {
    await clock.advance(8 * HOUR_MS)
    for (const id of ids) {
      await harness.relist(id)
      const rows = await rowsOf(id)
      oldest = Math.max(oldest, ...rows.map(({ confirmedAt }) => clock.now() - confirmedAt.getTime()))
    }
    const { activities: removed } = await enforceRetention(db, clock.now(), deps.maxAgeMs)
    t.equal(removed, 0)
  }
  t.ok(oldest <= 48 * HOUR_MS, `${oldest / HOUR_MS} hours at most`)
})

t.test('resync: after an outage of the webhook every history is resynced within six hours', async (t) => {
  const id = await harness.imported({ activities: 3 })
  await harness.relistWhenDue(id)
  const beat = () => recordHeartbeat(db, new Date(clock.now()))
  await beat()
  await clock.advance(60_000)
  await beat()
  await scheduleResyncs(db, clock.now(), deps.maxAgeMs)
  const due = (await harness.resync(id)).dueAt
  t.ok(due.getTime() > clock.now() + 24 * HOUR_MS, 'no outage')
  await clock.advance(HOUR_MS)
  admin.createActivity(id, { name: 'During the outage' })
  await beat()
  await scheduleResyncs(db, clock.now(), deps.maxAgeMs)
  t.ok((await harness.resync(id)).dueAt.getTime() <= clock.now() + 6 * HOUR_MS)
  await harness.relistWhenDue(id)
  t.same(await harness.stored(id), harness.atStrava(id))
  await scheduleResyncs(db, clock.now(), deps.maxAgeMs)
  t.ok((await harness.resync(id)).dueAt.getTime() > clock.now() + 24 * HOUR_MS, 'once')
})

t.test('reduced scope: private activities and data inside privacy zones are removed', async (t) => {
  const id = await harness.imported({ activities: 30, privateShare: 0.3 })
  const [open] = admin.activities(id).filter(({ visibility }) => visibility !== 'only_me')
  if (open === undefined) throw new Error('no activity')
  await fetchActivity(deps, newestOf(id, open.id))
  const count = (await rowsOf(id)).length
  const hidden = (await rowsOf(id)).filter((row) => row.private).length
  t.ok(hidden > 0)
  const before = await harness.events('activity.deleted')

  const scopes = ['read', 'activity:read'] as const
  admin.authorizeAthlete(id, [...scopes])
  await db
    .update(athletes)
    .set({ scopes: [...scopes], connectedAt: new Date(clock.now()) })
    .where(eq(athletes.id, id))
  await withAthleteLock(db, id, (tx, athlete) => removeUnreadable(tx, athlete, new Date(clock.now())))
  const rows = await rowsOf(id)
  t.equal(rows.length, count - hidden)
  t.equal((await harness.events('activity.deleted')) - before, hidden)
  t.same(
    rows.filter(
      (row) => row.private || row.detail !== null || row.summary !== null || row.summaryPolyline !== null,
    ),
    [],
  )

  const late = admin.activities(id).find(({ visibility }) => visibility === 'only_me')
  if (late === undefined) throw new Error('no private activity')
  const answered = await withAthleteLock(
    db,
    id,
    (tx) =>
      upsertActivities(tx, {
        athleteId: id,
        documents: [admin.activityText(late.id, 'detailed')],
        kind: 'detail',
        sentAt: clock.now(),
        now: new Date(clock.now()),
      }),
    ['read', 'activity:read_all'],
  )
  t.equal(answered, undefined, 'an answer fetched under the former scopes is not stored')
  t.equal((await rowsOf(id)).length, count - hidden)

  await db.update(imports).set({ generation: 2, state: 'complete' }).where(eq(imports.athleteId, id))
  await harness.relist(id)
  const again = await db
    .select()
    .from(activities)
    .where(and(eq(activities.athleteId, id), isNotNull(activities.summary), isNull(activities.detail)))
  t.equal(again.length, count - hidden, 'summaries within the new scopes are fetched again')
})
