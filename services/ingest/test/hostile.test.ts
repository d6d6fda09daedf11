import { connect } from 'node:net'
import { startSimulator } from '@ikigai/simulator'
import { eventually } from '@ikigai/testkit'
import t from 'tap'
import { deliver, eventText, fixture, SECRET, SUBSCRIPTION_ID, startHarness } from './harness.ts'

const harness = await startHarness(t)
await harness.subscribed(SUBSCRIPTION_ID)
const simulator = await startSimulator()
t.teardown(() => simulator.close())
const ingest = await harness.ingest({
  STRAVA_API_URL: simulator.apiUrl,
  STRAVA_OAUTH_URL: simulator.oauthUrl,
})

/** Posts a body, and asserts that it is rejected and not stored. */
async function refused(
  t: Tap,
  status: number,
  body: string | Uint8Array<ArrayBuffer>,
  what: string,
  options = {},
) {
  const answer = await deliver(ingest, body, options)
  t.equal(answer.status, status, what)
  t.match(answer.headers.get('content-type'), 'application/problem+json')
  t.notMatch(answer.text, /node_modules|\.ts:|fastify/i)
  t.same(await harness.stored(), [], `${what}: nothing stored`)
  return answer
}
type Tap = Pick<typeof t, 'equal' | 'match' | 'notMatch' | 'same'>

const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(Buffer.concat(parts.map((part) => Buffer.from(part))))
/** An event with this JSON as `updates`. */
const withUpdates = (json: string) => eventText({ updates: 'UPDATES' }).replace('"UPDATES"', json)

t.test('event: another secret is answered 404', async (t) => {
  for (const secret of ['x', `${SECRET}x`, '%00', '..%2f'])
    await refused(t, 404, eventText(), secret, { secret })
  await refused(t, 414, eventText(), 'a long one', { secret: 'x'.repeat(600) })
  await refused(t, 404, 'x'.repeat(1_000_000), 'with a huge body', { secret: 'x' })
})

t.test('event: another subscription is rejected', async (t) => {
  for (const body of [eventText({ subscription_id: 1 }), fixture('create-real-2023-anonymised')]) {
    await refused(t, 503, body, 'until Strava has been asked')
    await eventually(async () => (await deliver(ingest, body)).status === 403)
  }
  const answer = await refused(t, 403, eventText({ subscription_id: 1 }), 'other_subscription')
  t.match(answer.json, { type: '/problems/other-subscription' })
  await refused(t, 403, fixture('create-real-2023-anonymised'), 'recorded from another application')
})

t.test('event: a body that is not JSON is rejected', async (t) => {
  const event = eventText()
  const bodies = {
    empty: '',
    text: 'hello',
    'half an event': event.slice(0, -10),
    'two events': event + event,
    'byte order mark': `\ufeff${event}`,
    'bare NUL': withUpdates('{"title":"a\u0000b"}'),
    'NUL at the end': `${event}\u0000`,
    'single quotes': event.replaceAll('"', "'"),
    comment: `${event}//`,
    NaN: withUpdates('{"a":NaN}'),
    'brackets without end': '['.repeat(8_000),
  }
  for (const [what, body] of Object.entries(bodies)) await refused(t, 400, body, what)
  const [start, end] = withUpdates('{"title":"XX"}').split('XX')
  for (const invalid of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]])
    await refused(t, 400, bytes(start ?? '', invalid, end ?? ''), `invalid UTF-8 ${invalid}`)
  await refused(t, 400, Uint8Array.from(Buffer.from(event, 'utf16le')), 'UTF-16')
})

t.test('event: invalid JSON fields are listed', async (t) => {
  const cases: Readonly<Record<string, [string, readonly string[]]>> = {
    array: [`[${eventText()}]`, ['']],
    'null itself': ['null', ['']],
    'a number': ['42', ['']],
    'a text': [JSON.stringify(eventText()), ['']],
    'no field': [
      '{}',
      ['/object_type', '/object_id', '/aspect_type', '/owner_id', '/subscription_id', '/event_time'],
    ],
    'an owner that is text': [fixture('create-real-2022'), ['/owner_id']],
    'an object 0': [fixture('create-docs-troubleshooting'), ['/object_id']],
    'ids as texts': [eventText({ object_id: '1', subscription_id: '1' }), ['/object_id', '/subscription_id']],
    'a fraction': [eventText({ object_id: 1.5 }), ['/object_id']],
    'a negative id': [eventText({ owner_id: -1 }), ['/owner_id']],
    'beyond int64': [eventText({ owner_id: 'ID' }).replace('"ID"', '9223372036854775808'), ['/owner_id']],
    'a kind that is no name': [
      eventText({ object_type: 'a.b.>', aspect_type: '*' }),
      ['/object_type', '/aspect_type'],
    ],
    'a kind too long': [eventText({ object_type: 'x'.repeat(65) }), ['/object_type']],
    'an empty kind': [eventText({ aspect_type: '' }), ['/aspect_type']],
    'a time that is text': [eventText({ event_time: 'now' }), ['/event_time']],
    'updates as array': [eventText({ updates: [1] }), ['/updates']],
    'updates as text': [eventText({ updates: 'x' }), ['/updates']],
    'a prototype': ['{"__proto__":{"object_type":"activity"}}', ['/object_type']],
  }
  for (const [what, [body, pointers]] of Object.entries(cases)) {
    const { json } = await refused(t, 422, body, what)
    t.match(json, { type: '/problems/not-an-event', errors: pointers.map((pointer) => ({ pointer })) }, what)
  }
})

t.test('event: deep nesting is rejected', async (t) => {
  for (const depth of [40, 300, 1_000]) {
    await refused(t, 422, withUpdates(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`), `${depth} arrays`)
    await refused(t, 422, withUpdates(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`), `${depth} objects`)
  }
})

t.test('event: a body too large, of another type or compressed is rejected', async (t) => {
  await refused(t, 413, withUpdates(`{"title":"${'x'.repeat(8_192)}"}`), 'more than 8 KiB')
  const unknownKind = eventText({ object_type: 'club', updates: { note: 'x'.repeat(60_000) } })
  await refused(t, 413, unknownKind, '60 KB of an unknown kind')
  await refused(t, 415, eventText(), 'text', { headers: { 'content-type': 'text/plain' } })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  await refused(t, 415, 'a=b', 'form', { headers: form })
  await refused(t, 415, eventText(), 'xml', { headers: { 'content-type': 'application/xml; json' } })
})

t.test('event: an oversized body is not read', async (t) => {
  const { hostname, port } = new URL(ingest.urls.http)
  const answer = await new Promise<string>((resolve, reject) => {
    let text = ''
    const socket = connect(Number(port), hostname, () =>
      socket.write(
        `POST /webhooks/strava/${SECRET} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n` +
          'connection: close\r\ncontent-length: 1000000\r\n\r\n{',
      ),
    )
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
  t.match(answer, /^HTTP\/1\.1 413 /)
  t.same(await harness.stored(), [])
})

t.test('event: unusual but valid bodies are stored', async (t) => {
  const bodies = {
    'a key twice': eventText({ object_id: 8 }).replace('{', '{"object_id":1,'),
    'escaped NUL and half a surrogate': withUpdates('{"title":"\\u0000\\ud800"}'),
    'updates that are null': withUpdates('null'),
    'a prototype in updates': withUpdates('{"__proto__":{"a":"b"},"constructor":"x"}'),
    'brackets in a text': withUpdates(JSON.stringify({ title: '[{"\\'.repeat(100) })),
    'a long title': withUpdates(JSON.stringify({ title: '𝄞'.repeat(1_500) })),
    'a charset': eventText({ object_id: 9 }),
  }
  for (const [what, body] of Object.entries(bodies)) {
    const headers = what === 'a charset' ? { 'content-type': 'application/json; charset=utf-8' } : {}
    t.match(await deliver(ingest, body, { headers }), { status: 200 }, what)
    t.equal((await harness.stored()).at(-1)?.body, body, `${what}: byte for byte`)
  }
  t.notMatch(harness.logs.text(), SECRET)
  t.notMatch(harness.logs.text(), 'request failed')
})
