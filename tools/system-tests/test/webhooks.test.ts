import {
  activities,
  athletes,
  fetchQueue,
  grants,
  grantVerifications,
  imports,
  processedEvents,
} from '@ikigai/db'
import { eventually } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { type SignedIn, startStack } from './stack.ts'

const stack = await startStack(t)
const { admin } = stack.strava

/** An athlete of a few activities, signed in, imported, and subscribed to; nothing else is under way. */
async function settled(): Promise<{ athleteId: string; visitor: SignedIn }> {
  await eventually(async () => (await stack.db.$count(fetchQueue)) === 0)
  admin.resetCounters()
  const { id: athleteId } = admin.createAthlete({ activities: 8 })
  const visitor = await stack.signIn(athleteId)
  await eventually(async () => (await visitor.get('/v1/import')).body['state'] === 'complete')
  await eventually(() => (admin.counters().calls.detail ?? 0) >= 5)
  await eventually(() => admin.subscription() !== null)
  admin.resetCounters()
  return { athleteId, visitor }
}

t.test('webhooks: a new activity is served soon after its webhook', async (t) => {
  const { athleteId, visitor } = await settled()
  const created = admin.createActivity(athleteId, { name: 'Before breakfast' })
  await eventually(async () => (await visitor.get(`/v1/activities/${created.id}`)).status === 200)
  const { body } = await visitor.get(`/v1/activities/${created.id}`)
  t.match(body, { id: created.id, name: 'Before breakfast' })
  t.equal(admin.counters().calls.detail, 1)
  t.equal(admin.counters().calls.list ?? 0, 0)
})

t.test('webhooks: the same event five times makes one call', async (t) => {
  const { athleteId, visitor } = await settled()
  admin.addWebhookFault({ kind: 'lost', count: 1 })
  const { id } = admin.createActivity(athleteId, {})
  await admin.idle()
  const event = {
    objectType: 'activity',
    aspectType: 'create',
    objectId: id,
    ownerId: athleteId,
    eventTime: 1_900_000_000,
  }
  for (let time = 0; time < 5; time += 1) admin.sendEvent(event)
  await admin.idle()
  await eventually(async () => (await visitor.get(`/v1/activities/${id}`)).status === 200)
  // One more after everything else: when it has been dealt with, so have the five.
  const later = admin.createActivity(athleteId, {})
  await eventually(async () => (await visitor.get(`/v1/activities/${later.id}`)).status === 200)
  t.equal(admin.counters().calls.detail, 2, 'one call for the five, one for the later activity')
})

t.test('webhooks: a forged deletion is undone by asking Strava', async (t) => {
  const { athleteId, visitor } = await settled()
  const [activity] = admin.activities(athleteId)
  if (activity === undefined) throw new Error('no activity')
  admin.sendEvent({
    objectType: 'activity',
    aspectType: 'delete',
    objectId: activity.id,
    ownerId: athleteId,
  })
  await eventually(() => admin.counters().calls.detail === 1)
  await eventually(async () => (await visitor.get(`/v1/activities/${activity.id}`)).status === 200)
  t.pass()
})

t.test('webhooks: a withdrawal at Strava erases the athlete and ends the session', async (t) => {
  const { athleteId, visitor } = await settled()
  admin.deauthorizeAthlete(athleteId)
  await eventually(async () => (await visitor.get('/v1/me')).status === 401)
  t.equal(admin.counters().calls.athlete, 2, 'Strava rejected the living access token twice')
  const { rows } = await countRows(athleteId)
  t.equal(rows, 0, 'nothing is left')
})

t.test('webhooks: a forged one does not', async (t) => {
  const { athleteId, visitor } = await settled()
  const before = await countRows(athleteId)
  admin.sendEvent({
    objectType: 'athlete',
    aspectType: 'update',
    objectId: athleteId,
    ownerId: athleteId,
    updates: { authorized: 'false' },
  })
  // Verified, and settled: nothing of it is left to be tried.
  await eventually(async () => {
    const [row] = await stack.db
      .select()
      .from(grantVerifications)
      .where(eq(grantVerifications.athleteId, athleteId))
    return row !== undefined && row.requestedAt === null && row.leasedUntil === null
  })
  t.equal(admin.counters().calls.refresh, 1, 'Strava was asked')
  t.equal(admin.counters().calls.athlete ?? 0, 0, 'and still knows the grant')
  t.match(await visitor.get('/v1/me'), { status: 200, body: { grant: 'active' } })
  t.ok((await countRows(athleteId)).rows >= before.rows, 'nothing is erased')
})

async function countRows(athleteId: string): Promise<{ rows: number }> {
  const { db } = stack
  const counts = await Promise.all([
    db.$count(athletes, eq(athletes.id, athleteId)),
    ...[activities, grants, imports, processedEvents].map((table) =>
      db.$count(table, eq(table.athleteId, athleteId)),
    ),
  ])
  return { rows: counts.reduce((sum, count) => sum + count, 0) }
}

t.test('webhooks: disconnecting erases everything, revokes the grant and tells other teams', async (t) => {
  const { athleteId, visitor } = await settled()
  const answer = await visitor.browser.request(`${stack.publicUrl}/v1/me`, { method: 'DELETE' })
  t.equal(answer.status, 204)
  await eventually(async () => (await visitor.get('/v1/me')).status === 401)
  t.equal((await countRows(athleteId)).rows, 0)
  t.equal(admin.tokens(athleteId), undefined, 'Strava has forgotten the grant')
  const again = await stack.signIn(athleteId)
  await eventually(async () => (await again.get('/v1/import')).body['state'] === 'complete')
  t.equal((await again.get('/v1/activities/random')).status, 200, 'coming back starts clean')
})

t.test('webhooks: a new title, a deletion and a hidden activity show before any call', async (t) => {
  const { athleteId, visitor } = await settled()
  const [first, second] = admin.activities(athleteId).filter((activity) => activity.visibility !== 'only_me')
  if (first === undefined || second === undefined) throw new Error('too few activities')
  // No call can bring the news.
  admin.addFault({ kind: 'error', status: 503, route: 'detail' })
  admin.updateActivity(first.id, { name: 'Renamed' })
  await eventually(async () => (await visitor.get(`/v1/activities/${first.id}`)).body['name'] === 'Renamed')
  t.pass('the title is there')
  admin.deleteActivity(second.id)
  await eventually(async () => (await visitor.get(`/v1/activities/${second.id}`)).status === 404)
  t.pass('the deleted one is gone')
  admin.hideActivity(first.id)
  await eventually(async () => (await visitor.get(`/v1/activities/${first.id}`)).body['private'] === true)
  t.pass('the hidden one is marked: its owner, who allowed private activities, still sees it')
})
