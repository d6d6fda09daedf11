import { provision, STREAMS } from '@ikigai/bus'
import { eventually } from '@ikigai/testkit'
import t from 'tap'
import { deliver, eventText, startWorld } from './world.ts'

const world = await startWorld(t)
const ingest = await world.ingest()

async function notStored(t: Pick<typeof import('tap').default, 'match'>, body: string, what: string) {
  const answer = await deliver(ingest, body)
  t.match(answer, { status: 503, json: { type: '/problems/not-stored' } }, what)
  t.match(answer.headers.get('retry-after'), /^\d+$/)
}

t.test('without the stream there is no acknowledgement; with it again there is', async (t) => {
  const jsm = await world.bus.nc.jetstreamManager()
  await jsm.streams.delete(STREAMS.stravaEvents)
  await notStored(t, eventText(), 'no stream')
  await provision(world.bus)
  t.match(await deliver(ingest, eventText()), { status: 200 })
  t.equal((await world.stored()).length, 1)
})

t.test('a full stream: 503 to Strava, until there is room; one athlete cannot fill it', async (t) => {
  const jsm = await world.bus.nc.jetstreamManager()
  await jsm.streams.purge(STREAMS.stravaEvents)
  const { config } = await jsm.streams.info(STREAMS.stravaEvents)
  await jsm.streams.update(STREAMS.stravaEvents, { ...config, max_msgs: 3, max_msgs_per_subject: 2 })
  for (const object_id of [10, 11, 12, 13])
    t.match(
      await deliver(ingest, eventText({ object_id })),
      { status: 200 },
      'of one athlete the oldest give way',
    )
  t.equal((await world.stored()).length, 2)
  t.match(await deliver(ingest, eventText({ owner_id: 136_850 })), { status: 200 })
  await notStored(t, eventText({ owner_id: 2_641_043 }), 'full')
  t.equal((await world.stored()).length, 3, 'nothing that was acknowledged is dropped for it')
  await provision(world.bus)
  t.match(
    await deliver(ingest, eventText({ owner_id: 2_641_043 })),
    { status: 200 },
    'sent again, it is taken',
  )
  await jsm.streams.purge(STREAMS.stravaEvents)
  await deliver(ingest, eventText({ object_id: 14 }))
})

t.test('without NATS there is none either, and what comes again afterwards is stored once', async (t) => {
  await world.nats.interrupt()
  const body = eventText({ object_id: 2 })
  await notStored(t, body, 'no NATS')
  t.equal((await fetch(`${ingest.adminUrl}/readyz`)).status, 503)
  t.equal((await fetch(`${ingest.adminUrl}/healthz`)).status, 200)
  await world.nats.resume()
  await eventually(async () => (await deliver(ingest, body)).status === 200)
  t.equal((await world.stored()).length, 2)
})
