import { fetchSubject, provision, requestFetch, STREAMS } from '@ikigai/bus'
import { eventually, TestClock } from '@ikigai/testkit'
import t from 'tap'
import { deliver, eventText, startHarness } from './harness.ts'

const NOW = Date.parse('2026-11-24T08:00:00Z')
const FIVE_MINUTES = 300_000

const harness = await startHarness(t)
const jsm = await harness.bus.nc.jetstreamManager()
const clock = new TestClock(NOW)

/** Owners whose resync was requested. */
async function resynced(): Promise<string[]> {
  const { state } = await jsm.streams.info(STREAMS.fetch, { subjects_filter: fetchSubject('resync', '*') })
  return Object.keys(state.subjects ?? {}).map((subject) => subject.split('.').at(-1) ?? '')
}

t.test('refused events: owners of events that Strava does not send again are resynced', async (t) => {
  const ingest = await harness.ingest({}, clock)
  const owners = { lost: 2_257_522, again: 2_641_043, taken: 136_850 }
  t.equal((await deliver(ingest, eventText({ owner_id: owners.taken }))).status, 200)
  await jsm.streams.delete(STREAMS.stravaEvents)
  for (const owner_id of [owners.lost, owners.again])
    t.equal((await deliver(ingest, eventText({ owner_id }))).status, 503)
  t.equal((await deliver(ingest, eventText({ owner_id: owners.lost, object_id: 2 }))).status, 503)
  await provision(harness.bus)
  t.equal((await deliver(ingest, eventText({ owner_id: owners.again }))).status, 200, 'the second attempt')

  await clock.advance(FIVE_MINUTES - 1)
  t.same(await resynced(), [], 'Strava may still send it')
  t.equal(await harness.outage(), undefined)
  await eventually(async () => (await resynced()).length > 0 || (await clock.advance(60_000)), {
    intervalMs: 20,
  })
  t.same(await resynced(), [String(owners.lost)])
  t.equal(await harness.outage(), undefined, 'no outage for the others')
  await ingest.stop()
})

t.test('refused events: with FETCH full, the resync is asked for again until there is room', async (t) => {
  const ingest = await harness.ingest({}, clock)
  await jsm.streams.purge(STREAMS.fetch)
  const { config } = await jsm.streams.info(STREAMS.fetch)
  await jsm.streams.update(STREAMS.fetch, { ...config, max_msgs: 1 })
  await requestFetch(harness.bus, 'signup', '1', {})
  await jsm.streams.delete(STREAMS.stravaEvents)
  t.equal((await deliver(ingest, eventText({ owner_id: 2_257_522, object_id: 4 }))).status, 503)
  await provision(harness.bus)
  await jsm.streams.update(STREAMS.fetch, { ...config, max_msgs: 1 })
  const before = harness.logs.text().length
  await eventually(async () => {
    await clock.advance(60_000)
    return harness.logs.text().slice(before).includes('maximum messages exceeded')
  })
  t.same(await resynced(), [])
  await jsm.streams.update(STREAMS.fetch, config)
  await eventually(async () => (await resynced()).length > 0 || (await clock.advance(60_000)))
  t.same(await resynced(), ['2257522'])
  await jsm.streams.purge(STREAMS.fetch)
  await ingest.stop()
})

t.test(
  'refused events: if the process ends before Strava sends them again, all athletes are resynced',
  async (t) => {
    const ingest = await harness.ingest({}, clock)
    await jsm.streams.delete(STREAMS.stravaEvents)
    t.equal((await deliver(ingest, eventText({ object_id: 3 }))).status, 503)
    await provision(harness.bus)
    await ingest.stop()
    t.equal((await harness.outage())?.getTime(), clock.now())
  },
)

t.test('refused events: a short-lived process without refusals records no outage', async (t) => {
  const before = await harness.outage()
  for (let start = 0; start < 3; start += 1) {
    const ingest = await harness.ingest({}, clock)
    await clock.advance(60_000)
    await ingest.stop()
    await clock.advance(60_000)
  }
  t.same(await harness.outage(), before)
})

t.test('refused events: an event of an unknown subscription causes no resync', async (t) => {
  const ingest = await harness.ingest({ STRAVA_API_URL: 'http://127.0.0.1:1' }, clock)
  await harness.subscribed('364348')
  await clock.advance(1_000)
  t.equal((await deliver(ingest, eventText({ object_id: 9 }))).status, 200)
  const before = [await resynced(), await harness.outage()]
  const forged = eventText({ owner_id: 12_118_520, subscription_id: 7 })
  t.equal((await deliver(ingest, forged)).status, 503)
  await clock.advance(2 * FIVE_MINUTES)
  await ingest.stop()
  t.same([await resynced(), await harness.outage()], before)
})
