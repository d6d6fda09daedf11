import { randomUUID } from 'node:crypto'
import { connectBus, endpoint, INTERNAL, INTERNAL_API, startService } from '@ikigai/bus'
import { loadConfig } from '@ikigai/chassis/config'
import { appConnections, apps, personalTokens, sessionRevocations } from '@ikigai/db'
import { createAccessTokenMint, newSecret, secretHash, TOKEN_PREFIX } from '@ikigai/sessions'
import { eventually } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { gatewaySettings } from '../src/config.ts'
import { bearer, cookie, startHarness } from './harness.ts'
import { addActivities, addAthlete, addImport, NOW, series } from './seed.ts'

const ME = '42'
const harness = await startHarness(t)
const { db, clock, signIn } = harness
const { app } = await harness.gateway()
await addAthlete(db, ME)
await addImport(db, ME)
await addActivities(db, ME, series(1))
const { sessionKeys: keys, publicUrl } = loadConfig(harness.env, gatewaySettings)
const ORIGIN = 'https://app.example'
await db.insert(apps).values({
  id: 'app_1',
  name: 'Trail Log',
  redirectUris: [`${ORIGIN}/callback`],
  origins: [ORIGIN],
  scopes: ['activities:read'],
  createdAt: new Date(NOW),
})
const bus = await connectBus({ servers: [harness.natsUrl], name: 'test-auth', logger: harness.logger })
t.teardown(() => bus.close())

/** An access token as auth issues it. */
async function accessToken(
  scopes: readonly string[],
  changes: { publicUrl?: string; issuedAtMs?: number } = {},
) {
  const { issuedAtMs = clock.now() } = changes
  const sid = randomUUID()
  const mint = createAccessTokenMint({ keys, publicUrl: changes.publicUrl ?? publicUrl })
  const access = { athleteId: ME, sid, appId: 'app_1', scopes, issuedAtMs, expiresAtMs: issuedAtMs + 600_000 }
  return { sid, token: await mint.mint(access) }
}

/** A personal access token as auth stores it. */
async function personalToken(scopes: string[], expiresAt = new Date(clock.now() + 86_400_000)) {
  const token = newSecret(TOKEN_PREFIX.personal)
  const id = randomUUID()
  const row = { id, athleteId: ME, name: 'script', scopes, createdAt: new Date(clock.now()), expiresAt }
  await db.insert(personalTokens).values({ ...row, tokenHash: secretHash(token) })
  return { id, token }
}

type Method = 'GET' | 'POST' | 'DELETE'
const ask = (method: Method, url: string, headers: Record<string, string>) =>
  app.inject({ method, url, headers })

await eventually(async () => (await ask('GET', '/v1/me', bearer('nothing'))).statusCode === 401)

/** Scopes of each operation; null: it requires the athlete's own session. */
const OPERATIONS: readonly (readonly [Method, string, readonly string[] | null])[] = [
  ['GET', '/v1/activities', ['activities:read']],
  ['GET', '/v1/activities/random', ['activities:read']],
  ['GET', '/v1/activities/1', ['activities:read']],
  ['GET', '/v1/import', ['activities:read']],
  ['GET', '/v1/import/events', ['activities:read']],
  ['GET', '/v1/me', ['account:read']],
  ['GET', '/v1/me/apps', ['account:read']],
  ['GET', '/v1/me/tokens', ['account:read']],
  ['GET', '/v1/me/export', ['activities:read', 'account:read']],
  ['DELETE', '/v1/me', ['account:delete']],
  ['DELETE', '/v1/me/apps/app_1', null],
  ['POST', '/v1/me/tokens', null],
  ['DELETE', '/v1/me/tokens/x', null],
]

t.test('scopes: every operation rejects a token without the required scopes, and names them', async (t) => {
  const all = ['activities:read', 'account:read', 'account:delete']
  for (const [method, url, needed] of OPERATIONS) {
    const held = needed === null ? all : all.filter((scope) => !needed.includes(scope))
    for (const { token } of [await accessToken(held), await personalToken(held)]) {
      const response = await ask(method, url, bearer(token))
      t.equal(response.statusCode, 403, `${method} ${url}`)
      t.match(response.json(), { type: '/problems/insufficient-scope', required_scopes: needed ?? [] })
      t.match(response.headers['www-authenticate'], /^Bearer error="insufficient_scope"/)
      if (needed !== null) t.match(response.headers['www-authenticate'], `scope="${needed.join(' ')}"`)
    }
  }
})

t.test('scopes: with the required scopes the same operations succeed', async (t) => {
  for (const [method, url, needed] of OPERATIONS) {
    if (method !== 'GET' || needed === null || url.includes('events')) continue
    for (const { token } of [await accessToken(needed), await personalToken([...needed])]) {
      const { statusCode } = await ask(method, url, bearer(token))
      t.ok([200, 404].includes(statusCode), `${method} ${url}: ${statusCode}`)
    }
  }
})

t.test('scopes: the OpenAPI document lists the scopes of each operation', async (t) => {
  const { paths } = (await app.inject({ url: '/openapi.json' })).json()
  for (const [method, url, needed] of OPERATIONS) {
    const path = url.replace('/activities/1', '/activities/{id}').replace(/(apps|tokens)\/.*/, '$1/{id}')
    const { security } = paths[path][method.toLowerCase()]
    t.same(security.find((one: object) => 'oauth2' in one)?.oauth2 ?? null, needed, `${method} ${path}`)
  }
})

t.test('access token: invalid ones are rejected', async (t) => {
  const { token } = await accessToken(['account:read'])
  t.equal((await ask('GET', '/v1/me', bearer(token))).statusCode, 200)
  const { token: session } = await signIn(ME)
  const elsewhere = await accessToken(['account:read'], { publicUrl: 'https://other.example' })
  const old = await accessToken(['account:read'], { issuedAtMs: clock.now() - 600_000 })
  const bad = {
    'another audience': bearer(elsewhere.token),
    'too old': bearer(old.token),
    'a cut one': bearer(token.slice(0, -2)),
    'an access token without its prefix': bearer(token.slice(TOKEN_PREFIX.access.length)),
    'a session token in the clothes of an access token': bearer(`${TOKEN_PREFIX.access}${session}`),
    'a cookie': cookie(token),
    'a refresh token': bearer(newSecret(TOKEN_PREFIX.refresh)),
    'an unknown personal token': bearer(newSecret(TOKEN_PREFIX.personal)),
  }
  for (const [name, headers] of Object.entries(bad))
    t.equal((await ask('GET', '/v1/me', headers)).statusCode, 401, name)
  const script = await personalToken(['account:read'])
  t.equal((await ask('GET', '/v1/me', cookie(script.token))).statusCode, 401)
  const expired = await personalToken(['account:read'], new Date(clock.now()))
  t.equal((await ask('GET', '/v1/me', bearer(expired.token))).statusCode, 401)
})

t.test('access token: ended connections are rejected without a request to auth', async (t) => {
  const [{ token: ofApp, sid }, { token: ofScript, id }] = [
    await accessToken(['account:read']),
    await personalToken(['account:read']),
  ]
  for (const token of [ofApp, ofScript]) t.equal((await ask('GET', '/v1/me', bearer(token))).statusCode, 200)
  await db.delete(personalTokens).where(eq(personalTokens.id, id))
  for (const sessionId of [sid, id]) {
    const times = { revokedAt: new Date(clock.now()), expiresAt: new Date(clock.now() + 600_000) }
    await db.insert(sessionRevocations).values({ id: randomUUID(), sessionId, ...times })
  }
  bus.nc.publish(INTERNAL.sessionRevoked)
  for (const token of [ofApp, ofScript])
    await eventually(async () => (await ask('GET', '/v1/me', bearer(token))).statusCode === 401)
})

t.test('connected apps: listed once each, with all scopes', async (t) => {
  const at = (ms: number) => new Date(NOW + ms)
  const shared = { appId: 'app_1', athleteId: ME, expiresAt: at(1e9) }
  await db.insert(appConnections).values([
    { ...shared, id: 'c1', scopes: ['activities:read'], connectedAt: at(0), lastUsedAt: at(10) },
    { ...shared, id: 'c2', scopes: ['account:read'], connectedAt: at(5), lastUsedAt: at(20) },
  ])
  const { token } = await signIn(ME)
  t.same((await ask('GET', '/v1/me/apps', cookie(token))).json(), {
    data: [
      {
        id: 'app_1',
        name: 'Trail Log',
        scopes: ['account:read', 'activities:read'],
        connected_at: at(0).toISOString(),
        last_used_at: at(20).toISOString(),
      },
    ],
  })
})

t.test('apps and tokens: changes are forwarded to auth, from own pages only', async (t) => {
  const { token } = await signIn(ME)
  const body = { name: 'script', scopes: ['activities:read'], expires_in_days: 7 }
  const make = (headers: Record<string, string>, payload: object = body) =>
    app.inject({ method: 'POST', url: '/v1/me/tokens', headers: { ...cookie(token), ...headers }, payload })
  t.equal((await make({})).statusCode, 503, 'auth does not answer')
  const asked: unknown[] = []
  const note =
    <T>(answer: T) =>
    async (request: unknown) => {
      asked.push(request)
      return answer
    }
  const created = {
    ...{ id: 'p1', name: 'script', scopes: ['activities:read' as const], token: 'ikigai_pat_x' },
    ...{ created_at: new Date(NOW).toISOString(), expires_at: new Date(NOW + 1).toISOString() },
  }
  const serving = await startService(bus, { name: 'auth', version: '0.1.0', description: 'a stand-in' }, [
    endpoint('app-disconnect', INTERNAL_API.appDisconnect, note({})),
    endpoint('token-create', INTERNAL_API.tokenCreate, note(created)),
    endpoint('token-end', INTERNAL_API.tokenEnd, note({})),
  ])
  t.teardown(() => serving.stop())
  t.equal((await make({ 'sec-fetch-site': 'cross-site' })).statusCode, 403)
  t.equal((await make({}, { ...body, scopes: ['everything'] })).statusCode, 400)
  t.equal((await make({}, { ...body, expires_in_days: 400 })).statusCode, 400)
  const answer = await make({ 'sec-fetch-site': 'same-origin' })
  t.equal(answer.statusCode, 201)
  t.equal(answer.json().token, 'ikigai_pat_x')
  for (const path of ['apps/app_1', 'tokens/p1'])
    t.equal((await ask('DELETE', `/v1/me/${path}`, cookie(token))).statusCode, 204)
  t.same(asked, [
    { athlete_id: ME, ...body },
    { athlete_id: ME, app_id: 'app_1' },
    { athlete_id: ME, token_id: 'p1' },
  ])
})

t.test('CORS: allows pages of registered origins only', async (t) => {
  const { token } = await accessToken(['account:read'])
  const preflight = (url: string, origin: string, method: string) =>
    app.inject({ method: 'OPTIONS', url, headers: { origin, 'access-control-request-method': method } })
  for (const [url, method] of [
    ['/v1/me', 'GET'],
    ['/auth/token', 'POST'],
    ['/auth/revoke', 'POST'],
  ] as const) {
    const allowed = await preflight(url, ORIGIN, method)
    t.equal(allowed.headers['access-control-allow-origin'], ORIGIN, url)
    t.match(allowed.headers['access-control-allow-methods'], method)
    t.notOk('access-control-allow-credentials' in allowed.headers)
    for (const origin of ['https://evil.example', 'https://app.example.evil.example', 'null'])
      t.notOk(
        'access-control-allow-origin' in (await preflight(url, origin, method)).headers,
        `${url} ${origin}`,
      )
  }
  const read = await ask('GET', '/v1/me', { ...bearer(token), origin: ORIGIN })
  t.match(read.headers, { 'access-control-allow-origin': ORIGIN, vary: /Origin/i })
  const login = await preflight('/auth/login', 'https://evil.example', 'GET')
  t.notOk('access-control-allow-origin' in login.headers)
})

t.test('CORS: a new origin is allowed within a second, a removed one rejected within a minute', async (t) => {
  const origin = 'https://new.example'
  const allowedOrigin = async () =>
    (await ask('GET', '/v1/status', { origin })).headers['access-control-allow-origin']
  t.equal(await allowedOrigin(), undefined)
  const redirectUris = [`${origin}/callback`]
  await db.insert(apps).values({
    ...{ id: 'app_2', name: 'New', redirectUris, origins: [origin], scopes: [], createdAt: new Date(NOW) },
  })
  await clock.advance(1_000)
  t.equal(await allowedOrigin(), origin)
  await db.delete(apps).where(eq(apps.id, 'app_2'))
  await clock.advance(60_000)
  t.equal(await allowedOrigin(), undefined)
})
