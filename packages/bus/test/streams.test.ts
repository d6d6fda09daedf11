import { eventSubject } from '@ikigai/contracts'
import { captureLogs, testNats } from '@ikigai/testkit'
import { type JetStreamManager, nanos } from 'nats'
import { pino } from 'pino'
import t from 'tap'
import {
  connectBus,
  deadSubject,
  fetchSubject,
  isUnsendable,
  provision,
  publish,
  purgeSubjects,
  requestFetch,
  STREAMS,
  streamFills,
  subjectsOfAthlete,
} from '../src/index.ts'

const nats = await testNats(t)
const logger = pino({}, captureLogs())
const bus = await connectBus({ servers: [nats.url], name: 'bus-test', logger })
t.teardown(() => bus.close())
const jsm = await bus.nc.jetstreamManager()

t.test('streams: provisioned by many at once, and again', async (t) => {
  const replicas = await Promise.all(
    Array.from({ length: 4 }, (_, index) =>
      connectBus({ servers: [nats.url], name: `replica${index}`, logger }),
    ),
  )
  await Promise.all(replicas.map(provision))
  const first = await snapshot(jsm)
  await Promise.all(replicas.map(provision))
  t.same(await snapshot(jsm), first, 'nothing is changed by doing it again')
  t.same(Object.keys(first).sort(), Object.values(STREAMS).sort())
  await Promise.all(replicas.map((replica) => replica.close()))
})

t.test('streams: a changed stream is restored, and no message is lost', async (t) => {
  const expected = await snapshot(jsm)
  await publish(bus, { subject: eventSubject('activity.deleted', '7'), messageId: 'kept', body: '{}' })
  await jsm.streams.update(STREAMS.events, { max_age: nanos(3_600_000), duplicate_window: nanos(60_000) })
  await jsm.consumers.update(STREAMS.stravaEvents, 'fetcher', { max_ack_pending: 3 })
  t.not(JSON.stringify(await snapshot(jsm)), JSON.stringify(expected))
  await provision(bus)
  t.same(await snapshot(jsm), expected)
  t.equal((await jsm.streams.info(STREAMS.events)).state.messages, 1)
})

t.test('streams: a message with the same id is kept once', async (t) => {
  const message = { subject: eventSubject('activity.deleted', '8'), messageId: 'twice', body: '{}' }
  t.same(await publish(bus, message), { duplicate: false })
  t.same(await publish(bus, message), { duplicate: true })
  const elsewhere = { ...message, subject: eventSubject('activity.updated', '8') }
  t.same(await publish(bus, elsewhere), { duplicate: true }, 'ids count per stream, whatever the subject')
})

t.test('streams: headers and bytes arrive as they were', async (t) => {
  const subject = eventSubject('activity.created', '9')
  const body = new Uint8Array([0, 255, 10, 13])
  await publish(bus, { subject, messageId: 'bytes', body, headers: { 'ce-id': 'x y', Empty: '' } })
  const stored = await jsm.streams.getMessage(STREAMS.events, { last_by_subj: subject })
  t.same(stored.data, body)
  t.equal(stored.header.get('ce-id'), 'x y')
  t.equal(stored.header.get('Nats-Msg-Id'), 'bytes')
})

t.test('streams: a failure is about the message, or is not', async (t) => {
  const publishing = (change: object) =>
    publish(bus, {
      subject: eventSubject('activity.deleted', '8'),
      messageId: 'x',
      body: '{}',
      ...change,
    }).catch((error: unknown) => error)
  t.ok(isUnsendable(await publishing({ body: 'x'.repeat(2_000_000) })), 'too large')
  t.ok(isUnsendable(await publishing({ headers: { broken: 'a\r\nb' } })), 'a header that cannot be')
  const streamless = await publishing({ subject: 'ikigai.v1.nowhere' })
  t.match(streamless, { code: '503' })
  t.notOk(isUnsendable(streamless), 'there may be a stream tomorrow')
})

t.test('streams: every stream is bounded by messages and their size, and none by bytes', async (t) => {
  for (const stream of Object.values(STREAMS)) {
    const { config } = await jsm.streams.info(stream)
    t.ok(config.max_msgs > 0, `${stream}: max_msgs`)
    t.ok((config.max_msg_size ?? 0) > 0, `${stream}: max_msg_size`)
    t.equal(
      config.max_bytes,
      -1,
      `${stream}: on nats-server 2.9 a message over max_bytes is acknowledged and dropped`,
    )
  }
  const large = { subject: deadSubject('strava', '5'), messageId: 'large', body: 'x'.repeat(70_000) }
  t.ok(
    isUnsendable(await publish(bus, large).catch((error: unknown) => error)),
    'one larger than that is refused',
  )
})

t.test('streams: a full DEAD drops its oldest message', async (t) => {
  await jsm.streams.purge(STREAMS.dead)
  const { config } = await jsm.streams.info(STREAMS.dead)
  await jsm.streams.update(STREAMS.dead, { ...config, max_msgs: 2 })
  for (const n of [1, 2, 3])
    await publish(bus, { subject: deadSubject('fetch', String(n)), messageId: `dead${n}`, body: '{}' })
  t.equal((await jsm.streams.info(STREAMS.dead)).state.messages, 2)
  await t.rejects(jsm.streams.getMessage(STREAMS.dead, { last_by_subj: deadSubject('fetch', '1') }))
  const fill = (await streamFills(bus)).find(({ stream }) => stream === STREAMS.dead)
  t.match(fill, { stream: STREAMS.dead, messages: 2, ratio: 1, refusesNew: false, missingReplicas: 0 })
  await provision(bus)
  await jsm.streams.purge(STREAMS.dead)
})

t.test(
  'FETCH: when full, it refuses a request with a typed error, and accepts it once there is room',
  async (t) => {
    const { config } = await jsm.streams.info(STREAMS.fetch)
    await jsm.streams.update(STREAMS.fetch, { ...config, max_msgs: 2 })
    for (const athlete of ['1', '2']) await requestFetch(bus, 'resync', athlete, {})
    const refused = await requestFetch(bus, 'resync', '3', {}).catch((error: unknown) => error)
    t.match(refused, { name: 'NatsError', api_error: { description: 'maximum messages exceeded' } })
    t.notOk(isUnsendable(refused), 'asking again is of use')
    const held = await jsm.streams.info(STREAMS.fetch)
    t.equal(held.state.messages, 2, 'nothing that was acknowledged is dropped for it')
    await jsm.streams.deleteMessage(STREAMS.fetch, held.state.first_seq)
    t.same(await requestFetch(bus, 'resync', '3', {}), { duplicate: false })
    await provision(bus)
    await jsm.streams.purge(STREAMS.fetch)
  },
)

t.test("purge: removes one athlete's messages only", async (t) => {
  const of = (athleteId: string) => [
    eventSubject('activity.created', athleteId),
    eventSubject('import.completed', athleteId),
    fetchSubject('signup', athleteId),
    fetchSubject('viewed', athleteId),
    `ikigai.v1.strava.activity.create.${athleteId}`,
    `ikigai.v1.dead.fetch.${athleteId}`,
  ]
  for (const subject of [...of('100'), ...of('1001')]) {
    await publish(bus, { subject, messageId: `purge:${subject}`, body: '{}' })
  }
  await purgeSubjects(bus, subjectsOfAthlete('100'))
  const isThere = async (subject: string) =>
    jsm.streams.getMessage(await jsm.streams.find(subject), { last_by_subj: subject }).then(
      () => true,
      () => false,
    )
  for (const subject of of('100')) t.notOk(await isThere(subject), subject)
  for (const subject of of('1001')) t.ok(await isThere(subject), subject)
})

/** Everything that provisioning decides. */
async function snapshot(manager: JetStreamManager): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for await (const { config } of manager.streams.list()) {
    const consumers: unknown[] = []
    for await (const info of manager.consumers.list(config.name)) consumers.push(info.config)
    found[config.name] = { config, consumers }
  }
  return found
}
