import t from 'tap'
import type { Simulator } from '../src/index.ts'
import { type Answer, at, bearer, call, fixture, form, json, simulator, testClock, textAt } from './helper.ts'

const REDIRECT_URI = 'http://localhost:3000/auth/callback'

function authorizeUrl({ oauthUrl, clientId }: Simulator, extra: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: 'read,activity:read_all',
    state: 'STATE',
    ...extra,
  })
  return `${oauthUrl}/authorize?${query}`
}

async function getCode(
  strava: Simulator,
  athlete: string,
  extra: Record<string, string> = {},
): Promise<string> {
  const answer = await call(authorizeUrl(strava, { athlete, decision: 'authorize', ...extra }))
  return new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
}

function client({ clientId, clientSecret }: Simulator): Record<string, string> {
  return { client_id: clientId, client_secret: clientSecret }
}

function exchange(strava: Simulator, code: string): Promise<Answer> {
  return call(`${strava.oauthUrl}/token`, form({ ...client(strava), code, grant_type: 'authorization_code' }))
}

function refresh(strava: Simulator, refreshToken: string): Promise<Answer> {
  const fields = { ...client(strava), refresh_token: refreshToken, grant_type: 'refresh_token' }
  return call(`${strava.oauthUrl}/token`, form(fields))
}

t.test(
  'authorization page: offers the athletes and the scopes, and its form returns the decision',
  async (t) => {
    const strava = await simulator(t)
    const first = strava.admin.createAthlete({ firstname: '<b>Bold</b>' })
    const second = strava.admin.createAthlete()
    const page = await call(authorizeUrl(strava, { state: 'a"b' }))
    t.equal(page.status, 200)
    t.match(page.headers.get('content-type'), 'text/html')
    t.match(page.text, `value="${first.id}" checked`)
    t.match(page.text, `value="${second.id}"`)
    t.match(page.text, 'name="scope_granted" value="activity:read_all" checked')
    t.match(page.text, 'value="a&quot;b"')
    t.notMatch(page.text, '<b>Bold')
  },
)

t.test('authorize: granted, a scope unticked, denied', async (t) => {
  const strava = await simulator(t)
  const { id } = strava.admin.createAthlete()
  const granted = await call(authorizeUrl(strava, { athlete: id, decision: 'authorize' }))
  t.equal(granted.status, 302)
  t.match(
    granted.headers.get('location'),
    /^http:\/\/localhost:3000\/auth\/callback\?state=STATE&code=[0-9a-f]{40}&scope=read,activity:read_all$/,
  )
  const unticked = await call(
    `${authorizeUrl(strava, { athlete: id, decision: 'authorize' })}&scope_granted=&scope_granted=read`,
  )
  t.match(unticked.headers.get('location'), /&scope=read$/)
  const denied = await call(authorizeUrl(strava, { decision: 'deny' }))
  t.equal(
    denied.headers.get('location'),
    `${REDIRECT_URI}${textAt(fixture('oauth/callback-queries'), 'denied')}`,
  )
})

t.test('authorize: the automatic answer, and approval_prompt', async (t) => {
  const strava = await simulator(t)
  const { id } = strava.admin.createAthlete()
  t.equal((await call(authorizeUrl(strava, { athlete: id }))).status, 200, 'not granted yet: the page')
  strava.admin.authorizeAthlete(id)
  t.equal((await call(authorizeUrl(strava, { athlete: id }))).status, 302, 'granted before: at once')
  const forced = authorizeUrl(strava, { athlete: id, approval_prompt: 'force' })
  t.equal((await call(forced)).status, 200, 'forced: the page')
  strava.admin.configure({ autoApprove: { athleteId: id, scopes: ['activity:read_all'] } })
  const automatic = await call(forced)
  t.match(automatic.headers.get('location'), /&scope=read,activity:read_all$/)
  strava.admin.configure({ autoApprove: { athleteId: id, decision: 'deny' } })
  t.match((await call(forced)).headers.get('location'), /error=access_denied$/)
})

t.test('authorize: bad requests', async (t) => {
  const strava = await simulator(t, { settings: { callbackDomain: 'ikigai.example' } })
  const badRedirect = await call(authorizeUrl(strava, { redirect_uri: 'https://evil.example/callback' }))
  t.equal(badRedirect.status, 400)
  t.same(badRedirect.body, at(fixture('errors/400-redirect_uri-invalid'), 'body'))
  for (const redirect_uri of [
    'https://ikigai.example/x',
    'https://app.ikigai.example/x',
    'http://127.0.0.1:1/x',
  ]) {
    t.equal((await call(authorizeUrl(strava, { redirect_uri }))).status, 200, redirect_uri)
  }
  t.equal((await call(authorizeUrl(strava, { client_id: '1' }))).status, 400)
  t.equal((await call(authorizeUrl(strava, { response_type: 'token' }))).status, 400)
  t.equal(
    (await call(authorizeUrl(strava, { scope: 'read activity:read' }))).status,
    400,
    'spaces do not separate',
  )
  t.equal((await call(authorizeUrl(strava, { athlete: '1', decision: 'authorize' }))).status, 400)
})

t.test('code exchange: shape, single use, lifetime', async (t) => {
  const clock = testClock()
  const strava = await simulator(t, { clock })
  const { id } = strava.admin.createAthlete()
  const code = await getCode(strava, id)
  const answer = await exchange(strava, code)
  t.equal(answer.status, 200)
  const recorded = at(fixture('oauth/token-exchange-2026'), 'body')
  t.same(Object.keys(Object(answer.body)), Object.keys(Object(recorded)))
  t.same(Object.keys(Object(at(answer.body, 'athlete'))), Object.keys(Object(at(recorded, 'athlete'))))
  t.equal(at(answer.body, 'expires_in'), 21_600)
  t.equal(at(answer.body, 'expires_at'), clock.now() / 1000 + 21_600)
  t.equal(answer.headers.get('x-ratelimit-limit'), null, 'no limits on token calls')
  const again = await exchange(strava, code)
  t.equal(again.status, 400)
  t.same(again.body, at(fixture('errors/400-authorization-code-invalid-2023'), 'body'))
  const late = await getCode(strava, id)
  clock.advance(301_000)
  t.equal((await exchange(strava, late)).status, 400, 'a code does not live long')
})

t.test('oauth: the token endpoint takes forms, JSON and query, at both addresses', async (t) => {
  const strava = await simulator(t)
  const { id } = strava.admin.createAthlete()
  const asJson = { ...client(strava), client_id: Number(strava.clientId), code: await getCode(strava, id) }
  t.equal((await call(`${strava.oauthUrl}/token`, json(asJson))).status, 200)
  const query = new URLSearchParams({ ...client(strava), code: await getCode(strava, id) })
  t.equal((await call(`${strava.apiUrl}/oauth/token?${query}`, { method: 'POST' })).status, 200)
  const multipart = new FormData()
  for (const [name, value] of Object.entries(client(strava))) multipart.set(name, value)
  multipart.set('code', await getCode(strava, id))
  t.equal((await call(`${strava.oauthUrl}/token`, { method: 'POST', body: multipart })).status, 200)
})

t.test('oauth: bad credentials', async (t) => {
  const strava = await simulator(t)
  const url = `${strava.oauthUrl}/token`
  const missing = await call(url, form({ code: 'x' }))
  t.same(missing.body, at(fixture('errors/400-client_id-missing'), 'body'))
  const wrongId = await call(url, form({ ...client(strava), client_id: '1', code: 'x' }))
  t.same(wrongId.body, at(fixture('errors/400-token-invalid'), 'body'))
  const wrongSecret = await call(url, form({ ...client(strava), client_secret: 'no', code: 'x' }))
  t.equal(wrongSecret.status, 401)
  const basic = Buffer.from(`${strava.clientId}:${strava.clientSecret}`).toString('base64')
  const inHeader = await call(url, form({ code: 'x' }, { authorization: `Basic ${basic}` }))
  t.equal(inHeader.status, 400, 'credentials belong into the body')
  t.equal((await call(url, form({ ...client(strava), grant_type: 'password' }))).status, 400)
  const broken = await call(url, {
    method: 'POST',
    body: '{',
    headers: { 'content-type': 'application/json' },
  })
  t.equal(broken.status, 400)
})

t.test(
  'refresh: the same access token while it has more than an hour, rotation, the old token',
  async (t) => {
    const clock = testClock()
    const strava = await simulator(t, { clock })
    const { id } = strava.admin.createAthlete()
    const first = strava.admin.authorizeAthlete(id)
    const second = await refresh(strava, first.refreshToken)
    const recorded = at(fixture('oauth/token-refresh-2026'), 'body')
    t.same(Object.keys(Object(second.body)), Object.keys(Object(recorded)))
    t.equal(at(second.body, 'access_token'), first.accessToken)
    t.not(at(second.body, 'refresh_token'), first.refreshToken)
    const replay = await refresh(strava, first.refreshToken)
    t.equal(replay.status, 400)
    t.same(replay.body, at(fixture('errors/400-refresh-token-invalid-2026'), 'body'))
    clock.advance(5 * 3_600_000 + 1_000)
    const third = await refresh(strava, textAt(second.body, 'refresh_token'))
    t.not(at(third.body, 'access_token'), first.accessToken)
    t.equal(at(third.body, 'expires_in'), 21_600)
    const athlete = `${strava.apiUrl}/athlete`
    t.equal(
      (await call(athlete, bearer(first.accessToken))).status,
      200,
      'the older one lives on until it expires',
    )
    clock.advance(3_600_000)
    t.equal((await call(athlete, bearer(first.accessToken))).status, 401)
    t.equal((await call(athlete, bearer(textAt(third.body, 'access_token')))).status, 200)
  },
)

t.test('oauth: refresh token rotation is a setting', async (t) => {
  const strava = await simulator(t)
  const { id } = strava.admin.createAthlete()
  const { refreshToken } = strava.admin.authorizeAthlete(id)
  strava.admin.configure({ refreshTokenRotation: 'never' })
  t.equal(at((await refresh(strava, refreshToken)).body, 'refresh_token'), refreshToken)
  strava.admin.configure({ refreshTokenRotation: 'with-access-token' })
  t.equal(at((await refresh(strava, refreshToken)).body, 'refresh_token'), refreshToken)
  strava.admin.expireAccessTokens(id)
  t.not(at((await refresh(strava, refreshToken)).body, 'refresh_token'), refreshToken)
})

t.test('oauth: athlete capacity is met at the exchange', async (t) => {
  const strava = await simulator(t, { settings: { athleteCapacity: 1 } })
  const first = strava.admin.createAthlete()
  const second = strava.admin.createAthlete()
  t.equal((await exchange(strava, await getCode(strava, first.id))).status, 200)
  const refused = await exchange(strava, await getCode(strava, second.id))
  t.equal(refused.status, 403)
  t.equal(at(refused.body, 'message'), 'Limit of connected athletes exceeded')
  t.equal((await exchange(strava, await getCode(strava, first.id))).status, 200, 'who is in may come again')
  strava.admin.deauthorizeAthlete(first.id)
  t.equal((await exchange(strava, await getCode(strava, second.id))).status, 200)
})

t.test('oauth: deauthorize ends the grant and counts as a read', async (t) => {
  const strava = await simulator(t)
  const { id } = strava.admin.createAthlete()
  const { accessToken, refreshToken } = strava.admin.authorizeAthlete(id)
  const answer = await call(`${strava.oauthUrl}/deauthorize`, { method: 'POST', ...bearer(accessToken) })
  t.equal(answer.status, 200)
  t.same(answer.body, { access_token: accessToken })
  t.same(
    Object.keys(Object(answer.body)),
    Object.keys(Object(at(fixture('oauth/deauthorize-200-2025'), 'body'))),
  )
  t.equal(answer.headers.get('x-readratelimit-usage'), '1,1')
  t.equal((await call(`${strava.apiUrl}/athlete`, bearer(accessToken))).status, 401)
  t.equal((await refresh(strava, refreshToken)).status, 400)
  t.equal(strava.admin.athlete(id).connected, false)
})

t.test('revoke: HTTP Basic, either token, 200 even if it is gone', async (t) => {
  const strava = await simulator(t)
  const { id } = strava.admin.createAthlete()
  const basic = `Basic ${Buffer.from(`${strava.clientId}:${strava.clientSecret}`).toString('base64')}`
  const url = `${strava.oauthUrl}/revoke`
  for (const kind of ['accessToken', 'refreshToken'] as const) {
    const tokens = strava.admin.authorizeAthlete(id)
    t.equal((await call(url, form({ token: tokens[kind] }))).status, 401, 'needs the client')
    t.equal((await call(url, form({ token: tokens[kind] }, { authorization: basic }))).status, 200)
    t.equal((await call(`${strava.apiUrl}/athlete`, bearer(tokens.accessToken))).status, 401)
    t.equal((await refresh(strava, tokens.refreshToken)).status, 400)
    t.equal((await call(url, form({ token: tokens[kind] }, { authorization: basic }))).status, 200)
  }
  t.equal((await call(url, form({}, { authorization: basic }))).status, 400)
  t.match(strava.admin.counters().calls, { revoke: 7, refresh: 2, athlete: 2 })
})

t.test(
  'oauth: grants can be saved and restored; until their athletes are there, Strava is not available',
  async (t) => {
    const strava = await simulator(t)
    const { id } = strava.admin.createAthlete()
    const { accessToken, refreshToken } = strava.admin.authorizeAthlete(id)
    const saved = strava.admin.saveGrants()
    strava.admin.reset()
    t.equal((await call(`${strava.apiUrl}/athlete`, bearer(accessToken))).status, 401)
    strava.admin.restoreGrants(saved)
    t.equal((await call(`${strava.apiUrl}/athlete`, bearer(accessToken))).status, 503)
    strava.admin.createAthlete({ id })
    t.equal((await call(`${strava.apiUrl}/athlete`, bearer(accessToken))).status, 200)
    t.equal((await refresh(strava, refreshToken)).status, 200)
  },
)
