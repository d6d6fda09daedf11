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
