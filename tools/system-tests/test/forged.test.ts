import { connectBus, STREAMS } from '@ikigai/bus'
import { listings } from '@ikigai/db'
import { eventually, TestClock } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { startStack } from './stack.ts'

t.test('a flood of forged events costs few calls, and the real ones among them are served', async (t) => {
  const clock = new TestClock(Date.now())
  const stack = await startStack(t, { clock })
  const { admin } = stack.strava
  const [target, other] = [admin.createAthlete({ activities: 20 }), admin.createAthlete({ activities: 3 })]
  const visitors = [await stack.signIn(target.id), await stack.signIn(other.id)] as const
  for (const visitor of visitors)
    await eventually(async () => (await visitor.get('/v1/import')).body['state'] === 'complete')
  await eventually(() => admin.counters().calls.detail === 8)
  await eventually(() => admin.subscription() !== null)
  await clock.advance(31_000)
  await eventually(async () => (await stack.db.$count(listings, eq(listings.athleteId, target.id))) === 1)
  admin.resetCounters()

  const path = `${stack.webhookUrl}/webhooks/strava/${stack.env['STRAVA_WEBHOOK_SECRET']}`
  const forge = (objectId: number) =>
    fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        object_type: 'activity',
        object_id: objectId,
        aspect_type: objectId % 2 === 0 ? 'create' : 'delete',
        owner_id: Number(target.id),
        subscription_id: admin.subscription()?.id,
        event_time: Math.floor(clock.now() / 1_000),
        updates: {},
      }),
    })
  for (let start = 0; start < 150; start += 50) {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => forge(700_000_000_000 + start + n)),
    )
    if (answers.some(({ status }) => status !== 200)) t.fail('an event was not taken')
  }
  const ofTarget = admin.createActivity(target.id, { name: 'Real' })
  const ofOther = admin.createActivity(other.id, { name: 'Real too' })
  await admin.idle()
  const bus = await connectBus({ servers: [stack.natsUrl], name: 'test', logger: stack.logger })
  t.teardown(() => bus.close())
  const jsm = await bus.nc.jetstreamManager()
  await eventually(
    async () => {
      const info = await jsm.consumers.info(STREAMS.stravaEvents, 'fetcher')
      return info.num_pending === 0 && info.num_ack_pending === 0
    },
    { timeoutMs: 100_000 },
  )
  await eventually(async () => (await visitors[1].get(`/v1/activities/${ofOther.id}`)).status === 200)
  await eventually(
    async () => {
      await clock.advance(60_000)
      return (await visitors[0].get(`/v1/activities/${ofTarget.id}`)).status === 200
    },
    { timeoutMs: 60_000 },
  )
  const { detail, list } = admin.counters().calls
  t.ok(
    detail <= 1 + 10 * 4,
    `${detail} details: ten that are not found, asked for four times, and the real one`,
  )
  t.ok(list <= 2, `${list} lists`)
  for (const { id } of admin.activities(target.id).slice(0, 5))
    t.equal((await visitors[0].get(`/v1/activities/${id}`)).status, 200)
})
