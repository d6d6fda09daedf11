import { provision, STREAMS } from '@ikigai/bus'
import { eventually } from '@ikigai/testkit'
import t from 'tap'
import { deliver, eventText, startHarness } from './harness.ts'

const harness = await startHarness(t, { isPatient: false })
const ingest = await harness.ingest()

async function notStored(t: Pick<typeof import('tap').default, 'match'>, body: string, what: string) {
  const answer = await deliver(ingest, body)
  t.match(answer, { status: 503, json: { type: '/problems/not-stored' } }, what)
  t.match(answer.headers.get('retry-after'), /^\d+$/)
}

t.test('outage: events are not acknowledged without the stream', async (t) => {
  const jsm = await harness.bus.nc.jetstreamManager()
  await jsm.streams.delete(STREAMS.stravaEvents)
  await notStored(t, eventText(), 'no stream')
  await provision(harness.bus)
  t.match(await deliver(ingest, eventText()), { status: 200 })
  t.equal((await harness.stored()).length, 1)
})

t.test('full stream: answers 503 until there is room; one athlete cannot fill it', async (t) => {
  const jsm = await harness.bus.nc.jetstreamManager()
  await jsm.streams.purge(STREAMS.stravaEvents)
  const { config } = await jsm.streams.info(STREAMS.stravaEvents)
  await jsm.streams.update(STREAMS.stravaEvents, { ...config, max_msgs: 3, max_msgs_per_subject: 2 })
  for (const object_id of [10, 11, 12, 13])
    t.match(
      await deliver(ingest, eventText({ object_id })),
      { status: 200 },
      'of one athlete the oldest give way',
    )
  t.equal((await harness.stored()).length, 2)
  t.match(await deliver(ingest, eventText({ owner_id: 136_850 })), { status: 200 })
  await notStored(t, eventText({ owner_id: 2_641_043 }), 'full')
  t.equal((await harness.stored()).length, 3, 'nothing that was acknowledged is dropped for it')
  await provision(harness.bus)
  t.match(
    await deliver(ingest, eventText({ owner_id: 2_641_043 })),
    { status: 200 },
    'sent again, it is taken',
  )
  await jsm.streams.purge(STREAMS.stravaEvents)
  await deliver(ingest, eventText({ object_id: 14 }))
})

t.test('outage: events are not acknowledged without NATS; a retry is stored once', async (t) => {
  await harness.nats.interrupt()
  const body = eventText({ object_id: 2 })
  await notStored(t, body, 'no NATS')
  t.equal((await fetch(`${ingest.urls.admin}/readyz`)).status, 503)
  t.equal((await fetch(`${ingest.urls.admin}/healthz`)).status, 200)
  await harness.nats.resume()
  await eventually(async () => (await deliver(ingest, body)).status === 200)
  t.equal((await harness.stored()).length, 2)
})
