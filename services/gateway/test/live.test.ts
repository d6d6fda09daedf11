import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { connectBus, INTERNAL, provision, publish } from '@ikigai/bus'
import { closed, ImportStatusSchema } from '@ikigai/contracts'
import { imports, sessionRevocations } from '@ikigai/db'
import { eventMessage } from '@ikigai/outbox'
import { eventually } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { Compile } from 'typebox/compile'
import { type EventStream, openEventStream } from '../src/live/event-stream.ts'
import { changesOf } from '../src/live/live-event.ts'
import { createRecentEvents } from '../src/live/recent-events.ts'
import { bearer, startHarness } from './harness.ts'
import { follow, type LiveClient } from './live-client.ts'
import { addAthlete, addImport, NOW } from './seed.ts'

const [ME, OTHER] = ['42', '43']
const harness = await startHarness(t)
const bus = await connectBus({ servers: [harness.natsUrl], name: 'test-fetcher', logger: harness.logger })
t.teardown(() => bus.close())
await provision(bus)
const gateway = await harness.gateway()
const { http: url } = gateway.urls
for (const id of [ME, OTHER]) {
  await addAthlete(harness.db, id)
  await addImport(harness.db, id, { state: 'complete', completedAt: new Date(NOW) })
}

const events = `${url}/v1/import/events`
const signedIn = async (athleteId: string) => bearer((await harness.signIn(athleteId)).token)

/** Publishes an event about a deleted activity, as the outbox relay does. */
async function tellDeleted(athleteId: string, id: string): Promise<void> {
  const message = eventMessage('activity.deleted', athleteId, { id, athlete_id: athleteId }, new Date(NOW))
  await publish(bus, message)
}

/** Advances the import, and publishes the event, as the fetcher and its relay do. */
async function moveImport(athleteId: string, pages: number): Promise<void> {
  await harness.db.update(imports).set({ pages }).where(eq(imports.athleteId, athleteId))
  const response = await fetch(`${url}/v1/import`, { headers: await signedIn(athleteId) })
  const status = Compile(closed(ImportStatusSchema)).Parse(await response.json())
  await publish(bus, eventMessage('import.progressed', athleteId, { import: status }, new Date(NOW)))
}

t.test('live events: start with the current import, then changes follow', async (t) => {
  const present: unknown[] = []
  const listening = bus.nc.subscribe(INTERNAL.athletePresent, {
    callback: (_error, message) => present.push(message.json()),
  })
  await bus.ping()
  const [mine, others] = [
    await follow(events, await signedIn(ME)),
    await follow(events, await signedIn(OTHER)),
  ]
  t.ok(Compile(closed(ImportStatusSchema)).Check((await mine.next('import')).data), 'as the contract says')
  await others.next('import')
  await tellDeleted(ME, '9007199254740993')
  t.strictSame((await mine.next('activity')).data, {
    created: [],
    updated: [],
    deleted: ['9007199254740993'],
  })
  await moveImport(ME, 7)
  t.match((await mine.next('import', 1)).data, { athlete_id: ME, pages_fetched: 7 })
  t.equal(others.messages.length, 1, "another athlete's")
  await eventually(() => present.length === 2)
  t.strictSame(new Set(present), new Set([{ athlete_id: ME }, { athlete_id: OTHER }]))
  listening.unsubscribe()
  for (const client of [mine, others]) client.close()
})

t.test('live events: a reconnecting client gets missed events first', async (t) => {
  const first = await follow(events, await signedIn(ME))
  await tellDeleted(ME, '1')
  const { id = '' } = await first.next('activity')
  first.close()
  await tellDeleted(ME, '2')
  await tellDeleted(OTHER, '3')
  await tellDeleted(ME, '4')
  const marker = await follow(events, await signedIn(OTHER))
  await tellDeleted(OTHER, '5')
  await marker.next('activity')
  const second = await follow(events, { ...(await signedIn(ME)), 'last-event-id': id })
  t.strictSame((await second.next('activity')).data, { created: [], updated: [], deleted: ['2', '4'] })
  t.strictSame(
    second.messages.map(({ event }) => event),
    ['import', 'activity'],
  )
  for (const client of [marker, second]) client.close()
})

t.test('live events: `reload` if missed events are not available', async (t) => {
  for (const unknown of ['999999999', '-1', 'x', '1e3', '9'.repeat(100)]) {
    const client = await follow(events, { ...(await signedIn(ME)), 'last-event-id': unknown })
    const { id } = await client.next('reload')
    t.match(id, /^\d+$/, unknown)
    client.close()
  }
})

t.test('live events: a stream ends with its own session', async (t) => {
  const [one, two] = [await harness.signIn(ME), await harness.signIn(ME)]
  const [ending, staying] = [await follow(events, bearer(one.token)), await follow(events, bearer(two.token))]
  await harness.db.insert(sessionRevocations).values({
    id: randomUUID(),
    sessionId: one.session.sid,
    revokedAt: new Date(NOW),
    expiresAt: new Date(NOW + 86_400_000),
  })
  await eventually(() => ending.ended)
  t.notOk(staying.ended)
  const expiring = await follow(
    events,
    bearer((await harness.signIn(ME, NOW - 30 * 86_400_000 + 60_000)).token),
  )
  await harness.clock.advance(60_000)
  await eventually(() => expiring.ended)
  t.notOk(staying.ended)
  staying.close()
})

t.test('live events: an outage of NATS loses nothing', async (t) => {
  const client = await follow(events, await signedIn(ME))
  await client.next('import')
  await harness.nats.interrupt()
  await harness.nats.resume()
  await eventually(
    () =>
      tellDeleted(ME, '77').then(
        () => true,
        () => false,
      ),
    { timeoutMs: 20_000 },
  )
  t.match((await client.next('activity')).data, { deleted: ['77'] })
  client.close()
})

t.test('live events: limits the streams of an athlete', async (t) => {
  const headers = await signedIn(OTHER)
  const clients = []
  for (let opened = 0; opened < 10; opened += 1) clients.push(await follow(events, headers))
  const refused = await fetch(events, { headers })
  t.equal(refused.status, 429)
  t.match(await refused.json(), { type: '/problems/too-many-streams' })
  clients.pop()?.close()
  await eventually(async () => {
    const response = await fetch(events, { headers })
    await response.body?.cancel()
    return response.ok
  })
  for (const client of clients) client.close()
})

t.test('live events: limits streams that are opened concurrently', async (t) => {
  const headers = await signedIn(OTHER)
  const leaving = new AbortController()
  const { signal } = leaving
  const answers = await Promise.all(Array.from({ length: 30 }, () => fetch(events, { headers, signal })))
  t.equal(answers.filter(({ ok }) => ok).length, 10)
  t.equal(answers.filter(({ status }) => status === 429).length, 20)
  leaving.abort()
  await eventually(async () => {
    const response = await fetch(events, { headers })
    await response.body?.cancel()
    return response.ok
  })
})

t.test('live events: a stream that cannot be opened releases its place', async (t) => {
  const headers = bearer((await harness.signIn('4711')).token)
  for (let attempt = 0; attempt < 12; attempt += 1) t.equal((await fetch(events, { headers })).status, 401)
})

t.test('live events: open streams do not delay the shutdown', async (t) => {
  const headers = await signedIn(ME)
  let client: LiveClient | undefined
  await t.test('shutdown: ends the streams', async (t) => {
    const leaving = await harness.gateway({}, t)
    const { http: url } = leaving.urls
    // Until it has read the revocations it accepts no session.
    await eventually(async () => (await fetch(`${url}/v1/me`, { headers })).status === 200)
    client = await follow(`${url}/v1/import/events`, headers)
    await client.next('import')
  })
  await eventually(() => client?.ended === true)
})

t.test('live events: a client that does not read is disconnected', async (t) => {
  let opened: EventStream | undefined
  let closed = false
  const server = createServer((_request, response) => {
    opened = openEventStream(response, {}, () => {
      closed = true
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1').pause()
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await eventually(() => opened !== undefined)
  const frame = `data: ${'x'.repeat(10_000)}\n\n`
  await eventually(() => {
    for (let sent = 0; sent < 100; sent += 1) opened?.send(frame)
    return closed
  })
  opened?.send(frame)
  opened?.end()
  t.pass()
})

t.test('live events: changes are condensed per activity', async (t) => {
  const event = (sequence: number, type: 'created' | 'updated' | 'deleted', activityId: string) =>
    ({ sequence, type: `activity.${type}`, athleteId: ME, activityId }) as const
  const changes = changesOf([
    event(1, 'created', 'a'),
    event(2, 'updated', 'a'),
    event(3, 'created', 'b'),
    event(4, 'deleted', 'b'),
    event(5, 'updated', 'c'),
    event(6, 'deleted', 'd'),
    event(7, 'created', 'd'),
  ])
  t.strictSame(changes, { created: ['a', 'd'], updated: ['c'], deleted: ['b'] })
  t.equal(changesOf([]), undefined)
})

t.test('live events: the number of kept events is limited', async (t) => {
  const recent = createRecentEvents(2)
  t.equal(recent.since(0, ME), undefined, 'before anything is known')
  recent.startAt(10)
  t.strictSame(recent.since(9, ME), [])
  t.equal(recent.since(8, ME), undefined)
  for (let sequence = 10; sequence < 20; sequence += 1)
    recent.add({ sequence, type: 'activity.deleted', athleteId: ME, activityId: String(sequence) })
  t.equal(recent.since(10, ME), undefined, 'forgotten')
  t.strictSame(
    recent.since(18, ME)?.map(({ activityId }) => activityId),
    ['19'],
  )
  t.strictSame(recent.since(18, OTHER), [])
  t.equal(recent.since(20, ME), undefined, 'not there yet')
})
