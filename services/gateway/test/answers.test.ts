import { connectBus, endpoint, INTERNAL_API, RequestError, startService } from '@ikigai/bus'
import { loadConfig } from '@ikigai/chassis/config'
import { sessionRevocations } from '@ikigai/db'
import { createAccessTokenMint } from '@ikigai/sessions'
import { freePort } from '@ikigai/testkit'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { gatewaySettings } from '../src/config.ts'
import { descriptionOf } from './documented.ts'
import { bearer, cookie, startHarness } from './harness.ts'
import { addActivities, addAthlete, addImport, NOW, series } from './seed.ts'

const [ME, NEWCOMER] = ['42', '43']
const harness = await startHarness(t)
for (const id of [ME, NEWCOMER]) {
  await addAthlete(harness.db, id)
  await addImport(harness.db, id)
}
await addActivities(harness.db, ME, series(60))
const bus = await connectBus({ servers: [harness.natsUrl], name: 'test-auth', logger: harness.logger })
t.teardown(() => bus.close())

// Before a gateway reads the revocations.
await harness.db.insert(sessionRevocations).values({
  ...{ id: 'erased', athleteId: '44' },
  ...{ revokedAt: new Date(NOW), expiresAt: new Date(NOW + 86_400_000) },
})

const listening = async (env = {}) => (await harness.gateway(env)).urls.http
const here = await listening()
/** Allows one request a minute. */
const narrow = await listening({ API_RATE_LIMIT: '1' })
/** Started without PostgreSQL, so it has not read the revocations. */
const early = await listening({ DATABASE_URL: `postgres://127.0.0.1:${await freePort()}/none` })
const token = async (athleteId: string) => (await harness.signIn(athleteId)).token
const mine = bearer(await token(ME))
/** Session of an erased athlete. */
const gone = bearer(await token('44'))
const newcomers = bearer(await token(NEWCOMER))

const description = descriptionOf(await (await fetch(`${here}/openapi.json`)).json())

type Ask = () => Promise<Response>
type Headers = Record<string, string>
/** Keyed by the names of operations that the document's reader uses. */
type Answers = Readonly<Record<string, Ask>>

const get = (path: string, headers: Headers, gateway = here) => fetch(`${gateway}${path}`, { headers })
const send = (method: string, path: string, headers: Headers, body: string | null, gateway = here) =>
  fetch(`${gateway}${path}`, { method, headers, body })

/** A token of an app without scopes. */
const { sessionKeys: keys, publicUrl } = loadConfig(harness.env, gatewaySettings)
const nothing = bearer(
  await createAccessTokenMint({ keys, publicUrl }).mint({
    ...{ athleteId: ME, sid: 's', appId: 'app', scopes: [] },
    ...{ issuedAtMs: NOW, expiresAtMs: NOW + 600_000 },
  }),
)

/** Runs the request while the tables are renamed, so that every query fails. */
async function withoutTables(ask: Ask): Promise<Response> {
  // Older than all kept events.
  await harness.clock.advance(6_000)
  await harness.db.execute('alter schema public rename to away')
  try {
    return await ask()
  } finally {
    await harness.db.execute('alter schema away rename to public')
  }
}

const CREATED = {
  ...{ id: 'p1', name: 'script', token: 'ikigai_pat_x', scopes: ['activities:read' as const] },
  ...{ created_at: new Date(NOW).toISOString(), expires_at: new Date(NOW + 86_400_000).toISOString() },
}

async function whileAuthAnswers(ask: Ask, hasRoom = true): Promise<Response> {
  const endpoints = [
    endpoint('disconnect', INTERNAL_API.athleteDisconnect, async () => ({ revoked: true })),
    endpoint('app-disconnect', INTERNAL_API.appDisconnect, async () => ({})),
    endpoint('token-end', INTERNAL_API.tokenEnd, async () => ({})),
    endpoint('token-create', INTERNAL_API.tokenCreate, async () => {
      if (!hasRoom) throw new RequestError({ code: 'bad_request', message: 'You have 50 tokens.' })
      return CREATED
    }),
  ]
  const about = { name: 'auth', version: '0.0.1', description: 'stands in' }
  const serving = await startService(bus, about, endpoints)
  await bus.ping()
  try {
    return await ask()
  } finally {
    await serving.stop()
  }
}

async function again(path: string): Promise<Response> {
  const first = await get(path, mine)
  await first.text()
  return get(path, { ...mine, 'if-none-match': first.headers.get('etag') ?? '' })
}

async function afterOthers(ask: Ask): Promise<Response> {
  for (const path of ['/v1/me', '/v1/status']) await (await get(path, mine, narrow)).text()
  return ask()
}

async function whileFollowing(path: string): Promise<Response> {
  const streams = await Promise.all(Array.from({ length: 10 }, () => get(path, mine)))
  const response = await get(path, mine)
  await Promise.all(streams.map(({ body }) => body?.cancel()))
  return response
}

/** More than the buffers of the connection hold, so that an export waits for its client. */
async function whileExporting(path: string): Promise<Response> {
  await harness.db.execute(sql`update activities set detail = json_build_object('text', repeat('x', 500000)),
    detail_at = ${new Date(NOW).toISOString()} where athlete_id = ${ME}`)
  const first = await get(path, mine)
  const response = await get(path, mine)
  await first.body?.cancel()
  await harness.db.execute(sql`update activities set detail = null, detail_at = null`)
  return response
}

const personal = (path: string): Answers => ({
  200: () => get(path, mine),
  'sign-in-needed': () => get(path, {}),
  disconnected: () => get(path, gone),
  'insufficient-scope': () => get(path, nothing),
  'too-many-requests': () => afterOthers(() => get(path, mine, narrow)),
  unavailable: () => get(path, mine, early),
  internal: () => withoutTables(() => get(path, mine)),
})

const conditional = (path: string): Answers => ({ ...personal(path), 304: () => again(path) })

const JSON_BODY = { 'content-type': 'application/json' }
const NEW_TOKEN = JSON.stringify({ name: 'script', scopes: ['activities:read'], expires_in_days: 7 })

/** Requests that lead to each problem of an operation that changes something, with a body if it takes one. */
function changing(method: string, path: string, body: string | null = null): Answers {
  const type: Headers = body === null ? {} : JSON_BODY
  const ask = (headers: Headers, gateway = here) => send(method, path, { ...headers, ...type }, body, gateway)
  return {
    [method === 'POST' ? 201 : 204]: () => whileAuthAnswers(() => ask(mine)),
    'bad-request': () => send(method, path, { ...mine, ...JSON_BODY }, '{"a":'),
    'sign-in-needed': () => ask({}),
    disconnected: () => ask(gone),
    'insufficient-scope': () => ask(nothing),
    'cross-origin': async () => ask({ ...cookie(await token(ME)), origin: 'https://elsewhere.example' }),
    'content-too-large': () =>
      send(method, path, { ...mine, 'content-type': 'text/plain' }, 'x'.repeat(70_000)),
    'unsupported-media-type': () => send(method, path, { ...mine, 'content-type': 'text/csv' }, 'a,b'),
    'too-many-requests': () => afterOthers(() => ask(mine, narrow)),
    unavailable: () => ask(mine, early),
    'auth-unavailable': () => ask(mine),
  }
}

const ACTIVITY = '/v1/activities/1'
const ACTIVITIES = '/v1/activities'
const RANDOM = '/v1/activities/random'

/** For each operation and documented answer, the request that leads to it. */
const ANSWERS: Readonly<Record<string, Answers>> = {
  'GET /v1/activities': {
    ...conditional(ACTIVITIES),
    'bad-request': () => get(`${ACTIVITIES}?limit=0`, mine),
    'invalid-cursor': () => get(`${ACTIVITIES}?cursor=none`, mine),
  },
  'GET /v1/activities/random': {
    ...personal(RANDOM),
    'bad-request': () => get(`${RANDOM}?limit=1`, mine),
    'invalid-cursor': () => get(`${RANDOM}?cursor=none`, mine),
    'no-activity-yet': () => get(RANDOM, newcomers),
    'no-activity-matches': () => get(`${RANDOM}?sport_type=Ride`, mine),
  },
  'GET /v1/activities/{id}': {
    ...conditional(ACTIVITY),
    'bad-request': () => get(`${ACTIVITIES}/one`, mine),
    'no-such-activity': () => get(`${ACTIVITIES}/999`, mine),
    'uri-too-long': () => get(`${ACTIVITIES}/${'1'.repeat(600)}`, mine),
  },
  'GET /v1/me': conditional('/v1/me'),
  'GET /v1/import': conditional('/v1/import'),
  'GET /v1/import/events': {
    ...personal('/v1/import/events'),
    'too-many-streams': () => whileFollowing('/v1/import/events'),
  },
  'GET /v1/me/export': {
    ...personal('/v1/me/export'),
    'export-under-way': () => whileExporting('/v1/me/export'),
  },
  'GET /v1/me/apps': personal('/v1/me/apps'),
  'GET /v1/me/tokens': personal('/v1/me/tokens'),
  'DELETE /v1/me': changing('DELETE', '/v1/me'),
  'DELETE /v1/me/apps/{id}': {
    ...changing('DELETE', '/v1/me/apps/app_1'),
    'uri-too-long': () => send('DELETE', `/v1/me/apps/${'1'.repeat(600)}`, mine, null),
  },
  'DELETE /v1/me/tokens/{id}': {
    ...changing('DELETE', '/v1/me/tokens/p1'),
    'uri-too-long': () => send('DELETE', `/v1/me/tokens/${'1'.repeat(600)}`, mine, null),
  },
  'POST /v1/me/tokens': {
    ...changing('POST', '/v1/me/tokens', NEW_TOKEN),
    'too-many-tokens': () =>
      whileAuthAnswers(() => send('POST', '/v1/me/tokens', { ...mine, ...JSON_BODY }, NEW_TOKEN), false),
  },
  'GET /v1/status': {
    200: () => get('/v1/status', {}),
    304: () => again('/v1/status'),
    'too-many-requests': () => afterOthers(() => get('/v1/status', {}, narrow)),
    unavailable: () => get('/v1/status', {}, early),
    internal: () => withoutTables(() => get('/v1/status', {})),
  },
}

t.test('OpenAPI: every operation is tested here', async (t) => {
  t.strictSame(Object.keys(ANSWERS).sort(), [...description.operations].sort())
})

for (const [operation, answers] of Object.entries(ANSWERS)) {
  t.test(`${operation}: every documented answer occurs, as documented`, async (t) => {
    const met: string[] = []
    for (const [expected, ask] of Object.entries(answers)) {
      const { name, faults } = await description.hold(operation, await ask())
      t.equal(name, expected)
      t.strictSame(faults, [], name)
      met.push(name)
    }
    t.strictSame(met.sort(), [...description.answersOf(operation)].sort())
  })
}

t.test('OpenAPI: unusual requests get documented answers', async (t) => {
  const odd: readonly Headers[] = [
    { authorization: 'Bearer none' },
    { authorization: 'Basic YTpi' },
    { ...mine, accept: 'text/html' },
    { ...mine, 'accept-encoding': 'zstd' },
    { ...mine, 'if-none-match': '*' },
    { ...mine, 'last-event-id': 'none' },
    { ...mine, range: 'bytes=0-1' },
    { ...mine, 'content-type': 'nothing' },
    { ...mine, origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' },
  ]
  const paths = {
    'GET /v1/activities': `${ACTIVITIES}?sort=none&after=never`,
    'GET /v1/activities/random': `${RANDOM}?%00=%ff`,
    'GET /v1/activities/{id}': `${ACTIVITIES}/9223372036854775808`,
    'GET /v1/me': '/v1/me?x=1',
    'GET /v1/import': '/v1/import?x=1',
    'GET /v1/import/events': '/v1/import/events?x=1',
    'GET /v1/me/export': '/v1/me/export?x=1',
    'GET /v1/status': '/v1/status?x=1',
  }
  for (const [operation, path] of Object.entries(paths)) {
    const asked = odd.map(async (headers) => description.hold(operation, await get(path, headers)))
    for (const { faults } of await Promise.all(asked)) t.strictSame(faults, [], operation)
  }
})
