import { startSimulator } from '@ikigai/simulator'
import { eventually, freePort, TestClock } from '@ikigai/testkit'
import t, { type Test } from 'tap'
import { deliver, eventText, SECRET, startHarness, VERIFY_TOKEN } from './harness.ts'

const NOW = Date.parse('2026-11-24T08:00:00Z')

/** A harness with a simulator, and a port for ingest that is known before it starts. */
async function subscribing(t: Test) {
  const harness = await startHarness(t)
  const simulator = await startSimulator()
  t.teardown(() => simulator.close())
  const port = await freePort()
  const webhookUrl = `http://127.0.0.1:${port}`
  const env = {
    STRAVA_API_URL: simulator.apiUrl,
    STRAVA_OAUTH_URL: simulator.oauthUrl,
    STRAVA_WEBHOOK_SUBSCRIBE: 'true',
    WEBHOOK_URL: webhookUrl,
  }
  const callbackUrl = `${webhookUrl}/webhooks/strava/${SECRET}`
  const known = () => eventually(async () => (await harness.subscriptionIds())[0])
  return { ...harness, simulator, env, listening: { ...env, PORT: String(port) }, callbackUrl, known }
}

t.test('subscription: created with its verification, and kept at the next start', async (t) => {
  const { simulator, ingest, listening, callbackUrl, known, subscriptionIds, stored, logs } =
    await subscribing(t)
  const first = await ingest(listening)
  const id = await known()
  t.match(simulator.admin.subscription(), { id: Number(id), callbackUrl })

  simulator.admin.configure({ webhookSigningSecret: 'key' })
  simulator.admin.sendEvent({
    objectType: 'activity',
    aspectType: 'create',
    objectId: '1',
    ownerId: '2257522',
  })
  await simulator.admin.idle()
  t.match(simulator.admin.deliveries(), [{ outcome: 'delivered', attempts: [{ status: 200 }] }])
  t.match(await stored(), [
    { subject: 'ikigai.v1.strava.activity.create.2257522', headers: { 'X-Strava-Signature': /^t=\d+,v1=/ } },
  ])
  await first.stop()

  simulator.admin.resetCounters()
  await ingest(listening)
  await eventually(() => logs.text().includes('"state":"kept"'))
  t.same(await subscriptionIds(), [id])
  t.equal(simulator.admin.counters().calls['subscription'], 1, 'it is only looked at')
  t.notMatch(logs.text(), SECRET)
  t.notMatch(logs.text(), VERIFY_TOKEN)
})

t.test('subscription: one with another address is replaced', async (t) => {
  const { simulator, ingest, listening, callbackUrl, subscribed, subscriptionIds } = await subscribing(t)
  simulator.admin.setSubscription({ callbackUrl: 'http://127.0.0.1:1/elsewhere', id: 7 })
  await subscribed('7')
  await ingest(listening)
  await eventually(async () => (await subscriptionIds())[0] !== '7')
  const { id } = simulator.admin.subscription() ?? {}
  t.match(simulator.admin.subscription(), { callbackUrl })
  t.same(await subscriptionIds(), [String(id)])
})

t.test('subscription: two replicas that start at once create one', async (t) => {
  const { simulator, ingest, env, listening, known, subscriptionIds } = await subscribing(t)
  const replicas = await Promise.all([ingest(listening), ingest(env)])
  const id = await known()
  t.same(await subscriptionIds(), [String(simulator.admin.subscription()?.id)])
  for (const [index, replica] of replicas.entries()) {
    const ours = eventText({ object_id: index + 1, subscription_id: Number(id) })
    t.match(await deliver(replica, ours), { status: 200 })
    await eventually(async () => (await deliver(replica, eventText({ subscription_id: 1 }))).status === 403, {
      what: 'the id of another subscription is refused',
    })
  }
})

t.test('subscription: retried while Strava is down; events are accepted in the meantime', async (t) => {
  const { simulator, ingest, listening, known, subscriptionIds, logs, outage } = await subscribing(t)
  const clock = new TestClock(NOW)
  simulator.admin.addFault({ kind: 'error', status: 503 })
  const running = await ingest(listening, clock)
  /** Advances the clock until the condition holds. */
  const inTime = (what: string, isSo: () => boolean | Promise<boolean>, stepMs = 1_000) =>
    eventually(async () => (await isSo()) || (await clock.advance(stepMs)), { what, intervalMs: 20 })
  const attempts = () => logs.text().split('push subscription could not be ensured').length - 1
  for (const count of [1, 2, 3]) {
    await inTime(`attempt ${count} fails`, () => attempts() >= count)
    t.same(await subscriptionIds(), [])
    t.match(await deliver(running, eventText({ object_id: count })), { status: 200 }, 'no id is known yet')
  }
  simulator.admin.clearFaults()
  await inTime('it is made', async () => (await subscriptionIds()).length > 0)
  t.equal(await known(), String(simulator.admin.subscription()?.id))

  const lookups = () => simulator.admin.counters().calls['subscription'] ?? 0
  const before = lookups()
  for (let minute = 0; minute < 60; minute += 1) {
    await clock.advance(60_000)
    const subscription_id = Number((await subscriptionIds())[0])
    t.match(await deliver(running, eventText({ object_id: 100 + minute, subscription_id })), { status: 200 })
  }
  t.equal(lookups(), before, 'events show that it is there')

  simulator.admin.setSubscription(null)
  const goneAt = clock.now()
  await clock.advance(5 * 60_000)
  await eventually(() => simulator.admin.subscription() !== null, { what: 'made again within five minutes' })
  await eventually(async () => ((await outage())?.getTime() ?? 0) >= goneAt, {
    what: 'what was missed is listed again',
  })
})

t.test('subscription: one that was created by hand is found by one check at Strava', async (t) => {
  for (const subscribe of ['true', 'false']) {
    const { simulator, ingest, listening, callbackUrl, subscribed, subscriptionIds, outage, logs } =
      await subscribing(t)
    const first = simulator.admin.setSubscription({ callbackUrl, id: 21 })
    t.equal(first?.id, 21)
    await subscribed('21', callbackUrl)
    const clock = new TestClock(NOW)
    const running = await ingest({ ...listening, STRAVA_WEBHOOK_SUBSCRIBE: subscribe }, clock)
    const from = async (id: number, object: number) =>
      (await deliver(running, eventText({ subscription_id: id, object_id: object }))).status
    t.equal(await from(21, 1), 200)
    // The check at the start has ended, so it cannot find the new subscription.
    if (subscribe === 'true') await eventually(() => logs.text().includes('"state":"kept"'))
    simulator.admin.setSubscription({ callbackUrl, id: 22 })
    await clock.advance(1_000)
    t.equal(await from(22, 2), 503, 'to be sent again')
    await eventually(async () => (await from(22, 2)) === 200, { what: `taken, with subscribe=${subscribe}` })
    await eventually(async () => (await subscriptionIds())[0] === '22')
    t.ok(await outage(), 'what was missed is listed again')

    await clock.advance(1_000)
    const lookups = () => simulator.admin.counters().calls['subscription'] ?? 0
    const before = lookups()
    t.equal(await from(666, 3), 503)
    await eventually(async () => (await from(666, 3)) === 403, { what: 'another one is refused' })
    t.equal(lookups(), before + 1)
    for (let id = 1_000; id < 1_100; id += 1) await from(id, id)
    await running.stop()
    t.ok(lookups() - before <= 12, 'made-up ids do not spend calls')
  }
})

t.test('subscription: a lost answer creates no second one', async (t) => {
  const { simulator, ingest, listening, known } = await subscribing(t)
  simulator.admin.addFault({ kind: 'lost-response', skip: 1, count: 1 })
  const clock = new TestClock(NOW)
  await ingest(listening, clock)
  t.equal(await known(), String(simulator.admin.subscription()?.id))
})

t.test(
  'subscription: an unknown id is rejected; one created by another replica is known within a second',
  async (t) => {
    const { ingest, subscribed, stored, db, simulator, listening } = await subscribing(t)
    await subscribed('10')
    const clock = new TestClock(NOW)
    simulator.admin.setSubscription(null)
    const running = await ingest({ ...listening, STRAVA_WEBHOOK_SUBSCRIBE: 'false' }, clock)
    const from = async (id: number) => (await deliver(running, eventText({ subscription_id: id }))).status
    t.equal(await from(10), 200)
    t.equal(await from(11), 503, 'Strava is asked')
    await eventually(async () => (await from(11)) === 403)
    await subscribed('11')
    t.equal(await from(11), 403, 'the table is read at most once a second')
    await clock.advance(1_000)
    t.equal(await from(11), 200)
    await eventually(async () => (await from(10)) === 403, { what: 'the former one is foreign now' })
    t.equal((await stored()).length, 1, 'the same event, whatever the subscription')

    await clock.advance(1_000)
    await db.execute('alter table webhook_subscriptions rename to away')
    t.equal(await from(11), 200, 'a known id needs no Postgres')
    t.equal(await from(12), 503, 'of an unknown one nothing can be said')
    await db.execute('alter table away rename to webhook_subscriptions')
  },
)
