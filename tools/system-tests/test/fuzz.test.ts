import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { connectBus, STREAMS } from '@ikigai/bus'
import { API_SUBJECTS } from '@ikigai/contracts'
import { eventually } from '@ikigai/testkit'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import * as arbitrary from './fuzz/arbitraries.ts'
import { exchange, send, statusesOf, type WireRequest } from './fuzz/wire.ts'
import { startStack } from './stack.ts'

/** A few in the suite; `npm run fuzz` sets others. */
const RUNS = Number(process.env['IKIGAI_FUZZ_RUNS'] ?? 40)
const SEED = Number(process.env['IKIGAI_FUZZ_SEED'] ?? 1)
const MEMORY_MAY_GROW_BYTES = 48 * 1024 * 1024

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const stack = await startStack(t, { env: { WEBHOOK_SOURCE_LIMIT: '10000000' } })
// The name of a user whom the gateway may answer.
const bus = await connectBus({ servers: [stack.natsUrl], name: 'operator', logger: stack.logger })
t.teardown(() => bus.close())
const { id } = stack.strava.admin.createAthlete({ activities: 3 })
const visitor = await stack.signIn(id)
await eventually(async () => (await visitor.get('/v1/import')).body['state'] === 'complete')
await eventually(() => stack.strava.admin.subscription() !== null)
const session = visitor.browser.cookies.get('127.0.0.1', 'ikigai_session') ?? ''
const gateway = Number(new URL(stack.publicUrl).port)
const ingest = Number(new URL(stack.webhookUrl).port)
const webhook = `/webhooks/strava/${stack.env['STRAVA_WEBHOOK_SECRET']}`

/** Runs `attempt` for many inputs: none may make our side fail, nor be remembered by it. */
async function withstands<T>(
  t: Test,
  inputs: fc.Arbitrary<T>,
  attempt: (input: T) => Promise<unknown>,
): Promise<void> {
  const run = (numRuns: number, seed: number) =>
    fc.assert(
      fc.asyncProperty(inputs, async (input) => void (await attempt(input))),
      { numRuns, seed, endOnFailure: true },
    )
  await run(Math.ceil(RUNS / 3), SEED)
  const before = heapUsed()
  await run(RUNS, SEED + 1)
  const grown = heapUsed() - before
  t.ok(grown < MEMORY_MAY_GROW_BYTES, `the heap grew by ${Math.round(grown / 1024)} KiB over ${RUNS} runs`)
  const failures = stack.logs.lines().filter(({ level }) => level === 'error' || level === 'fatal')
  t.same(failures, [], 'nothing was logged as an error')
  stack.logs.clear()
  t.equal((await visitor.get('/v1/activities/random')).status, 200, 'and it goes on')
}

function heapUsed(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** No answer of ours is a 5xx, or tells what runs here. */
function check(answer: string): number[] {
  const statuses = statusesOf(answer)
  if (statuses.some((status) => status >= 500)) throw new Error(`answered ${answer.slice(0, 500)}`)
  if (/node_modules|\.ts:\d|fastify|postgres/i.test(answer)) throw new Error(`tells too much: ${answer}`)
  return statuses
}

async function stored(): Promise<number> {
  const jsm = await bus.nc.jetstreamManager()
  return (await jsm.streams.info(STREAMS.stravaEvents)).state.messages
}

const lengthOf = (body: Uint8Array) => `content-length: ${body.length}`

t.test('fuzz: the webhook', async (t) => {
  const base = {
    aspect_type: '"update"',
    event_time: String(Math.floor(Date.now() / 1_000)),
    object_id: '12345678987654321',
    object_type: '"activity"',
    owner_id: id,
    subscription_id: String(stack.strava.admin.subscription()?.id),
    updates: '{"title":"x"}',
  }
  const before = await stored()
  let accepted = 0
  await withstands(t, arbitrary.encoded(arbitrary.objectLike(base)), async (body) => {
    const headers = ['content-type: application/json', lengthOf(body)]
    const statuses = check(await exchange(ingest, { method: 'POST', path: webhook, headers, body }, 20_000))
    // Of a body too large not even the answer may arrive: the connection is closed while it is being sent.
    if (statuses.length === 0 && body.length > 65_536) return
    if (statuses.length !== 1) throw new Error('not one answer')
    if (statuses[0] === 200) accepted += 1
    else if (![400, 403, 413, 422].includes(statuses[0] ?? 0)) throw new Error(`answered ${statuses[0]}`)
  })
  t.ok((await stored()) - before <= accepted, `${accepted} accepted, and no more stored`)
  const jsm = await bus.nc.jetstreamManager()
  await eventually(
    async () => {
      const { num_pending: waiting, num_ack_pending: begun } = await jsm.consumers.info(
        STREAMS.stravaEvents,
        'fetcher',
      )
      return waiting === 0 && begun === 0
    },
    { timeoutMs: 60_000 },
  )
  const { state } = await jsm.streams.info(STREAMS.dead)
  t.equal(state.messages, 0, 'what ingest lets in, the fetcher can read')
})

t.test('fuzz: any request, at every door', async (t) => {
  const before = await stored()
  const bodies = arbitrary.encoded(arbitrary.valueText)
  const requests = fc.tuple(
    arbitrary.method,
    arbitrary.path,
    arbitrary.headers,
    bodies,
    fc.boolean(),
    fc.boolean(),
  )
  await withstands(t, requests, async ([method, path, headers, body, sized, hook]) => {
    const size = sized ? [lengthOf(body)] : []
    const request: WireRequest = {
      method,
      path: hook ? `${webhook}${path}` : path,
      headers: [...size, ...headers],
      body,
    }
    check(await exchange(gateway, request))
    check(await exchange(ingest, request))
  })
  t.equal(await stored(), before, 'nothing is published')
})

t.test('fuzz: questions of a signed-in athlete', async (t) => {
  const paths = fc.oneof(
    arbitrary.query.map((query) => `/v1/activities?${query}`),
    arbitrary.query.map((query) => `/v1/activities/random?${query}`),
    arbitrary.path.map((tail) => `/v1/activities${tail}`),
    arbitrary.query.map(
      (query) => `/auth/callback?${query.replaceAll('limit=', 'state=').replaceAll('after=', 'code=')}`,
    ),
  )
  await withstands(t, paths, async (path) => {
    const headers = [`authorization: Bearer ${session}`]
    check(await exchange(gateway, { method: 'GET', path, headers, body: new Uint8Array() }))
  })
})

t.test('fuzz: one request within another', async (t) => {
  const inner = `DELETE /v1/me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${session}\r\n\r\n`
  const shapes = fc.record({
    first: fc.constantFrom(
      'GET /v1/status',
      'POST /auth/logout',
      `POST ${webhook}`,
      'DELETE /v1/me',
      'POST /auth/../v1/me',
    ),
    one: fc.constantFrom(
      'content-length: 4',
      'content-length: 0',
      'content-length: 4, 5',
      'content-length:\t4',
      '',
    ),
    two: fc.constantFrom(
      ...[
        'transfer-encoding: chunked',
        'transfer-encoding: \u000bchunked',
        'transfer-encoding: chunked\r\ntransfer-encoding: x',
      ],
      ...[
        'transfer-encoding\u0000: chunked',
        'transfer-encoding: Chunked ',
        'x: y\ntransfer-encoding: chunked',
        'content-length: 5',
      ],
    ),
    start: fc.constantFrom(
      '0\r\n\r\n',
      '0;a=b\r\n\r\n',
      '4\r\nabcd\r\n0\r\n\r\n',
      'ffffffffffffffff\r\n',
      '0\n\n',
      'abcd',
      '',
    ),
    end: fc.constantFrom('\r\n', '\n', '\r'),
  })
  await withstands(t, shapes, async ({ first, one, two, start, end }) => {
    const lines = [`${first} HTTP/1.1`, 'host: x', 'content-type: application/json', one, two].filter(
      (line) => line !== '',
    )
    const bytes = Buffer.from(
      `${lines.join(end)}${end}${end}${start}${inner.replace(session, 'not-this-one')}`,
      'latin1',
    )
    for (const port of [gateway, ingest]) check(await send(port, bytes))
    const conflicting = [`${first} HTTP/1.1`, 'host: x', 'content-length: 4', 'transfer-encoding: chunked']
    const hidden = Buffer.from(`${conflicting.join('\r\n')}\r\n\r\n0\r\n\r\n${inner}`, 'latin1')
    const statuses = check(await send(gateway, hidden, 20_000))
    if (statuses.length !== 1 || statuses[0] !== 400) throw new Error(`answered ${statuses.join(' and ')}`)
  })
  t.equal((await visitor.get('/v1/me')).status, 200, 'the hidden request was not heard')
})

t.test('fuzz: other teams’ requests', async (t) => {
  const subjects = fc.constantFrom(...Object.values(API_SUBJECTS))
  const base = {
    athlete_id: `"${id}"`,
    id: '"1"',
    limit: '5',
    cursor: '"x"',
    sport_type: '"Run"',
    after: '"2026-01-01"',
  }
  const payloads = fc.oneof(
    arbitrary.encoded(arbitrary.objectLike(base)),
    arbitrary.encoded(arbitrary.valueText),
  )
  await withstands(t, fc.tuple(subjects, payloads), async ([subject, payload]) => {
    const reply = await bus.nc.request(subject, payload, { timeout: 10_000 })
    reply.json()
    const code = reply.headers?.get('Nats-Service-Error-Code') ?? ''
    if (code.startsWith('5')) throw new Error(`answered ${code} ${reply.string()}`)
  })
})
