import { createLogger } from '@ikigai/chassis'
import {
  activities,
  activityTombstones,
  athletePresence,
  athletes,
  fetchQueue,
  imports,
  processedEvents,
  recordHeartbeat,
  resyncs,
  webhookOutages,
} from '@ikigai/db'
import { captureLogs, TestClock } from '@ikigai/testkit'
import { and, eq, isNull } from 'drizzle-orm'
import t from 'tap'
import { withAthleteLock } from '../src/activities/athlete-lock.ts'
import { deleteActivities } from '../src/activities/delete-activities.ts'
import { checkClocks } from '../src/clocks/clock-check.ts'
import { correctFutureTimes } from '../src/clocks/correct-future-times.ts'
import { applyActivityEvent } from '../src/events/apply-event.ts'
import { isOfEarlierConnection } from '../src/events/earlier-connection.ts'
import { readKnown } from '../src/events/processed-events.ts'
import { enforceRetention } from '../src/retention/enforce-retention.ts'
import { startResyncHarness } from './resync-harness.ts'

const DAY_MS = 86_400_000
const MONTH_MS = 30 * DAY_MS
t.setTimeout(240_000)
const SLOW = { timeout: 120_000 }

const harness = await startResyncHarness(t)
const { db, clock, deps, strava } = harness
const { admin } = strava

/** Sets an athlete's stored times as a fetcher does whose clock is a month ahead. */
async function writtenInAMonth(id: string): Promise<void> {
  const then = new Date(clock.now() + MONTH_MS)
  const eventTime = Math.floor(then.getTime() / 1_000)
  await db
    .update(activities)
    .set({ observedAt: then, confirmedAt: then, eventTime, detailFailedAt: then, resyncRun: null })
    .where(eq(activities.athleteId, id))
  await db
    .update(resyncs)
    .set({ startedAt: then, updatedAt: then, completeAt: then, dueAt: new Date(then.getTime() + 2 * DAY_MS) })
    .where(eq(resyncs.athleteId, id))
  await db
    .update(imports)
    .set({ startedAt: then, updatedAt: then, completedAt: then })
    .where(eq(imports.athleteId, id))
  await db.update(athletes).set({ connectedAt: then }).where(eq(athletes.id, id))
}

const event = (
  athleteId: string,
  objectId: string,
  updates: Record<string, string>,
  aspectType: 'update' | 'delete',
) => ({
  objectType: 'activity' as const,
  objectId,
  ownerId: athleteId,
  aspectType,
  eventTime: Math.floor(clock.now() / 1_000),
  subscriptionId: '1',
  updates,
  raw: '{}',
})

t.test('clocks: times written a month ahead block no newer data', SLOW, async (t) => {
  const id = await harness.imported({ activities: 20 })
  const [renamed, gone, listed] = admin.activities(id)
  if (renamed === undefined || gone === undefined || listed === undefined) throw new Error('too few')
  await writtenInAMonth(id)
  const now = new Date(clock.now())
  const nameOf = async (activityId: string) =>
    (await db.select({ name: activities.name }).from(activities).where(eq(activities.id, activityId)))[0]
      ?.name

  await withAthleteLock(db, id, async (tx, athlete) => {
    t.notOk(isOfEarlierConnection(event(id, renamed.id, {}, 'update'), athlete.connectedAt, now))
    for (const each of [
      event(id, renamed.id, { title: 'Renamed' }, 'update'),
      event(id, gone.id, {}, 'delete'),
    ]) {
      const [{ stored } = { stored: undefined }] = await readKnown(tx, [each], now)
      await applyActivityEvent(tx, athlete, each, { stored, check: 'call', now })
    }
  })
  t.equal(await nameOf(renamed.id), 'Renamed', 'an event is applied')
  const hidden = and(eq(activities.id, gone.id), isNull(activities.hiddenAt))
  t.same(await db.select({ id: activities.id }).from(activities).where(hidden), [], 'a deletion hides')

  await harness.store(
    id,
    [admin.activityText(listed.id, 'summary').replace(/"name":"[^"]*"/, '"name":"Answered"')],
    clock.now(),
  )
  t.equal(await nameOf(listed.id), 'Answered', 'an answer is stored')
  await db.insert(activityTombstones).values({
    activityId: '5',
    athleteId: id,
    eventTime: 1,
    recordedAt: new Date(clock.now() + MONTH_MS),
  })
  await harness.store(
    id,
    [admin.activityText(listed.id, 'summary').replace(`"id":${listed.id}`, '"id":5')],
    clock.now(),
  )
  t.equal(await nameOf('5'), admin.activity(listed.id).name, 'a tombstone in the future is ignored')

  const oldest = admin.activities(id).at(-1)?.id ?? ''
  await withAthleteLock(db, id, (tx) =>
    deleteActivities(tx, id, eq(activities.id, oldest), { goneAt: now, now }),
  )
  t.notOk((await harness.stored(id)).includes(oldest), 'an activity that Strava does not find is deleted')
  await db.delete(athletes).where(eq(athletes.id, id))
})

t.test('clocks: stored times in the future count as now', SLOW, async (t) => {
  const id = await harness.imported({ activities: 20 })
  await writtenInAMonth(id)
  const then = new Date(clock.now() + MONTH_MS)
  await db.insert(processedEvents).values({ key: 'k', athleteId: id, activityId: '1', processedAt: then })
  await db.insert(athletePresence).values({ athleteId: id, until: then })
  await db.insert(fetchQueue).values({ lane: 'enrich', athleteId: id, queuedAt: then, delayedUntil: then })
  const settled = await correctFutureTimes(db, clock.now(), deps.maxAgeMs)
  t.ok(settled >= 25)
  const latest = clock.now() + 6 * 3_600_000
  const resync = await harness.resync(id)
  t.ok(resync.dueAt.getTime() <= latest && resync.startedAt.getTime() <= clock.now(), 'listed within hours')
  const [job] = await db
    .select()
    .from(fetchQueue)
    .where(and(eq(fetchQueue.athleteId, id), eq(fetchQueue.lane, 'enrich')))
  t.ok(job?.delayedUntil != null && job.delayedUntil.getTime() <= clock.now())
  t.equal((await db.select().from(athletePresence).where(eq(athletePresence.athleteId, id))).length, 0)
  const [seen] = await db.select().from(processedEvents).where(eq(processedEvents.key, 'k'))
  t.equal(seen?.processedAt.getTime(), clock.now(), 'the event counts for its window only')
  t.equal(await correctFutureTimes(db, clock.now(), deps.maxAgeMs), 0, 'once')

  await harness.relistWhenDue(id)
  t.match(await harness.resync(id), { quarantined: 0 })
  await clock.advance(8 * DAY_MS)
  t.equal((await enforceRetention(db, clock.now(), deps.maxAgeMs)).activities, 20, 'they expire like others')
  await db.delete(athletes).where(eq(athletes.id, id))
})

t.test('clocks: a heartbeat in the future hides no outage', async (t) => {
  await recordHeartbeat(db, new Date(clock.now() + MONTH_MS))
  await recordHeartbeat(db, new Date(clock.now()))
  await recordHeartbeat(db, new Date(clock.now() + 3_600_000))
  const [outage] = await db.select().from(webhookOutages)
  t.equal(outage?.outageTo?.getTime(), clock.now() + 3_600_000)
})

t.test('clocks: no resync deletes while they disagree', SLOW, async (t) => {
  const id = await harness.imported({ activities: 300 })
  for (const { id: gone } of admin.activities(id).slice(0, 100)) admin.deleteActivity(gone)
  await harness.relistWhenDue(id)
  harness.trustClocks(false)
  await harness.relistWhenDue(id)
  t.match(
    { quarantined: (await harness.resync(id)).quarantined, stored: (await harness.stored(id)).length },
    { quarantined: 100, stored: 300 },
  )
  harness.trustClocks(true)
  await harness.relistWhenDue(id)
  t.equal((await harness.stored(id)).length, 200)
})

t.test('clocks: disagreement is logged and measured', async (t) => {
  const ours = new TestClock(Date.parse('2030-03-05T10:00:00Z'))
  const logs = captureLogs()
  const logger = createLogger({ service: 'test', level: 'debug', destination: logs })
  const clocks = checkClocks({ clock: ours, logger })
  t.notOk(clocks.agree(), 'no clock has been compared')
  clocks.compare('database', ours.now() - 1_000, ours.now())
  t.ok(clocks.agree())
  clocks.compare('strava', ours.now() - 30 * DAY_MS, ours.now())
  t.notOk(clocks.agree())
  t.equal(logs.lines().filter(({ msg }) => /clocks disagree/.test(String(msg))).length, 1, 'logged once')
  clocks.compare('strava', ours.now() + 2_000, ours.now())
  t.ok(clocks.agree())
  await ours.advance(2 * 3_600_000)
  t.notOk(clocks.agree(), 'a comparison from hours ago is ignored')
  clocks.compare('database', ours.now() + 600_000, ours.now())
  t.notOk(clocks.agree(), 'ahead or behind')
  clocks.compare('database', ours.now(), ours.now())
  t.match(
    [clocks.agree(), clocks.mayErase()],
    [true, false],
    'after a leap the database alone proves nothing',
  )
  clocks.compare('strava', ours.now(), ours.now())
  t.ok(clocks.mayErase())
  await ours.advance(8 * DAY_MS)
  for (let n = 0; n < 25; n += 1) {
    clocks.compare('database', ours.now(), ours.now())
    t.notOk(clocks.mayErase())
    await ours.advance(3_600_000)
  }
  clocks.compare('database', ours.now(), ours.now())
  t.ok(clocks.mayErase(), 'unless nobody calls Strava for a day')
})
