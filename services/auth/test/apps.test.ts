import { request as ask, INTERNAL_API, RequestError } from '@ikigai/bus'
import { appCodes, appConnections, appRefreshTokens, personalTokens, sessionRevocations } from '@ikigai/db'
import { createAccessTokenVerifier, createRevocations } from '@ikigai/sessions'
import { browser } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import {
  addApp,
  answerOf,
  authorizationQuery,
  authorize,
  codeFor,
  consentOf,
  decide,
  post,
  redeem,
  refresh,
  signedIn,
  Tokens,
  tokensFor,
} from './app-client.ts'
import { HTML, JSON_ONLY, newAthlete, startHarness } from './harness.ts'

const harness = await startHarness(t)
const { db, bus, clock, config, publicUrl, strava } = harness
const app = await addApp(harness)

const verify = (token: string) => {
  const revocations = createRevocations({ clock })
  return createAccessTokenVerifier({ keys: config.sessionKeys, publicUrl, clock, revocations }).verify(token)
}
const connectionsOf = (athleteId: string) =>
  db.select().from(appConnections).where(eq(appConnections.athleteId, athleteId))
const revokedSid = (sid = '') =>
  db.select().from(sessionRevocations).where(eq(sessionRevocations.sessionId, sid))

t.test('metadata: lists endpoints and capabilities', async (t) => {
  const page = await browser().get(`${publicUrl}/auth/metadata`)
  t.equal(page.headers.get('access-control-allow-origin'), '*')
  t.match(page.json(), {
    issuer: publicUrl,
    token_endpoint: `${publicUrl}/auth/token`,
    code_challenge_methods_supported: ['S256'],
    response_types_supported: ['code'],
    authorization_response_iss_parameter_supported: true,
  })
})

t.test('authorization: consent, code and tokens', async (t) => {
  const { tab, athleteId } = await signedIn(harness)
  const asked = authorizationQuery(app, { scope: 'activities:read account:read' })
  const page = await authorize(harness, tab, asked.query)
  t.equal(page.status, 200)
  t.match(page.body, /Trail Log/)
  t.match(page.body, /See your activities/)
  t.match(page.body, /app\.example/)
  t.match(
    page.headers.get('content-security-policy'),
    /form-action 'self' https:\/\/app\.example;.*frame-ancestors 'none'/,
  )
  const decided = await decide(harness, tab, consentOf(page))
  t.equal(decided.status, 303)
  const { code, ...rest } = answerOf(decided)
  t.same(rest, { state: 'state-of-the-app', iss: publicUrl })
  const answer = await redeem(harness, app, code ?? '', asked.verifier)
  t.equal(answer.headers.get('cache-control'), 'no-store')
  const tokens = Tokens.Parse(answer.json())
  t.equal(tokens.scope, 'activities:read account:read')
  const [connection] = await connectionsOf(athleteId)
  t.match(await verify(tokens.access_token), {
    athleteId,
    appId: app.id,
    sid: connection?.id,
    scopes: ['activities:read', 'account:read'],
    expiresAtMs: clock.now() + 600_000,
  })
  const stored = JSON.stringify([await db.select().from(appCodes), await db.select().from(appRefreshTokens)])
  for (const secret of [code ?? '', tokens.refresh_token])
    t.notMatch(stored, secret, 'only hashes are stored')
  t.notMatch(JSON.stringify(harness.logs.lines()), tokens.refresh_token)
})

t.test(
  'authorization: without a session it redirects to the sign-in, which returns to the consent page',
  async (t) => {
    newAthlete(harness)
    const page = await browser().get(
      `${publicUrl}/auth/authorize?${new URLSearchParams(authorizationQuery(app).query)}`,
      {
        headers: HTML,
      },
    )
    t.equal(page.status, 200)
    t.match(page.url, `${publicUrl}/auth/authorize?response_type=code`)
    t.ok(page.hops.some((hop) => hop.startsWith(strava.url)))
    t.not(consentOf(page), '')
  },
)

t.test('authorization: cancelled, the app gets access_denied and nothing is stored', async (t) => {
  const { tab, athleteId } = await signedIn(harness)
  const page = await authorize(harness, tab, authorizationQuery(app).query)
  const answer = answerOf(await decide(harness, tab, consentOf(page), 'deny'))
  t.match(answer, { error: 'access_denied', state: 'state-of-the-app', iss: publicUrl })
  t.notOk('code' in answer)
  t.same(await connectionsOf(athleteId), [])
})

t.test('confidential app: needs its secret', async (t) => {
  const server = await addApp(harness, { confidential: true })
  const secret = server.secret ?? ''
  const { tab } = await signedIn(harness)
  for (const way of ['basic', 'post'] as const) {
    const asked = authorizationQuery(server)
    const code = await codeFor(harness, tab, asked)
    const { client_id: _, ...form } = {
      client_id: '',
      grant_type: 'authorization_code',
      code,
      code_verifier: asked.verifier,
    }
    const basic = { authorization: `Basic ${Buffer.from(`${server.id}:${secret}`).toString('base64')}` }
    const page =
      way === 'basic'
        ? await post(harness, 'token', form, basic)
        : await post(harness, 'token', { ...form, client_id: server.id, client_secret: secret })
    t.equal(page.status, 200, way)
  }
  for (const wrong of [{}, { client_secret: 'ikigai_cs_wrong' }]) {
    const page = await redeem(harness, server, 'any', 'v'.repeat(43), wrong)
    t.equal(page.status, 401)
    t.match(page.json(), { error: 'invalid_client' })
  }
  t.equal(
    (await redeem(harness, app, 'any', 'v'.repeat(43), { client_secret: 'x' })).status,
    401,
    'a public app has none',
  )
  const rotated = await ask(bus, INTERNAL_API.appRotate, { app_id: server.id })
  const form = { grant_type: 'refresh_token', client_id: server.id, refresh_token: 'ikigai_rt_x' }
  t.equal(
    (await post(harness, 'token', { ...form, client_secret: secret })).status,
    401,
    'the old secret has ended',
  )
  t.equal((await post(harness, 'token', { ...form, client_secret: rotated.secret ?? '' })).status, 400)
})

t.test('attack: a downgrade to no PKCE or the plain method is rejected', async (t) => {
  const { tab } = await signedIn(harness)
  const { query, verifier } = authorizationQuery(app)
  const { code_challenge, code_challenge_method, ...bare } = query
  const downgraded = {
    'no challenge': bare,
    'no method': { ...bare, code_challenge: code_challenge ?? '' },
    plain: { ...bare, code_challenge: verifier, code_challenge_method: 'plain' },
    'no challenge but a method': { ...bare, code_challenge_method: code_challenge_method ?? '' },
    'a short challenge': { ...query, code_challenge: 'abc' },
  }
  for (const [name, asked] of Object.entries(downgraded)) {
    const page = await authorize(harness, tab, asked)
    t.equal(page.status, 303, name)
    t.match(answerOf(page), { error: 'invalid_request', iss: publicUrl }, name)
  }
  const asked = authorizationQuery(app)
  const code = await codeFor(harness, tab, asked)
  const without = await post(harness, 'token', { grant_type: 'authorization_code', client_id: app.id, code })
  t.match(without.json(), { error: 'invalid_request' }, 'a verifier is required')
  const withChallenge = await redeem(harness, app, code, asked.query['code_challenge'] ?? '')
  t.match(withChallenge.json(), { error: 'invalid_grant' }, 'the challenge is no verifier')
})

t.test('attack: manipulated redirect URIs are rejected', async (t) => {
  const native = await addApp(harness, {
    redirect_uris: ['https://app.example/callback', 'http://127.0.0.1/callback', 'com.example.app:/callback'],
  })
  const { tab } = await signedIn(harness)
  const tricks = [
    'https://app.example/callback/../evil',
    'https://app.example/callback/more',
    'https://app.example/callback?next=https://evil.example',
    'https://app.example/callback#fragment',
    'https://app.example/callbac',
    'https://app.example:444/callback',
    'https://app.example.evil.example/callback',
    'https://app.example@evil.example/callback',
    'https://evil.example/https://app.example/callback',
    'https://APP.example/callback',
    'http://app.example/callback',
    'http://127.0.0.1:1234@evil.example/callback',
    'http://127.0.0.1.evil.example:80/callback',
    'http://localhost:1234/callback',
    'http://127.0.0.1:1234/callback#x',
    'http://127.0.0.1:1234/other',
    'com.example.app.evil:/callback',
    'com.example.app:/callback2',
    'javascript:alert(1)',
    '//evil.example',
    '',
  ]
  for (const redirect_uri of tricks) {
    const page = await authorize(harness, tab, authorizationQuery(native, { redirect_uri }).query)
    t.equal(page.status, 400, redirect_uri)
    t.equal(page.headers.get('location'), null, `${redirect_uri}: no redirect`)
  }
  const twice = `${new URLSearchParams(authorizationQuery(native).query)}&redirect_uri=https://evil.example`
  t.equal((await authorize(harness, tab, twice)).status, 400, 'given twice')
  const program = await authorize(
    harness,
    browser(),
    authorizationQuery(native, { redirect_uri: 'https://evil.example' }).query,
    JSON_ONLY,
  )
  t.match(program.json(), { type: '/problems/bad-request', status: 400 })
  const fine = ['http://127.0.0.1:49152/callback', 'http://127.0.0.1/callback', 'com.example.app:/callback']
  for (const redirect_uri of fine) {
    const page = await authorize(harness, tab, authorizationQuery(native, { redirect_uri }).query)
    t.equal(page.status, 200, redirect_uri)
    const { origin, protocol } = new URL(redirect_uri)
    t.match(
      page.headers.get('content-security-policy'),
      `form-action 'self' ${origin === 'null' ? protocol : origin};`,
    )
  }
})

t.test('registration: rejects invalid redirect URIs and origins', async (t) => {
  const refused = [
    'http://app.example/callback',
    'http://localhost/callback',
    'https://*.app.example/callback',
    'https://user@app.example/callback',
    'https://app.example/callback#fragment',
    'https://app.example/a/../b',
    'myapp:/callback',
    'javascript:alert(1)',
    'not an address',
  ]
  for (const uri of refused) await t.rejects(addApp(harness, { redirect_uris: [uri] }), RequestError, uri)
  await t.rejects(addApp(harness, { redirect_uris: [] }), RequestError)
  for (const origin of ['*', 'https://app.example/', 'http://app.example', 'null'])
    await t.rejects(addApp(harness, { origins: [origin] }), RequestError, origin)
})

t.test('attack: a code injected into another session of the app is rejected', async (t) => {
  const [{ tab: attacker }, { athleteId }] = [await signedIn(harness), await signedIn(harness)]
  const stolen = await codeFor(harness, attacker, authorizationQuery(app))
  const victim = authorizationQuery(app)
  const page = await redeem(harness, app, stolen, victim.verifier)
  t.equal(page.status, 400)
  t.match(page.json(), { error: 'invalid_grant' })
  t.same(await connectionsOf(athleteId), [])
})

t.test('attack: a reused code ends the connection made with it', async (t) => {
  const { tab, athleteId } = await signedIn(harness)
  const asked = authorizationQuery(app)
  const code = await codeFor(harness, tab, asked)
  const tokens = Tokens.Parse((await redeem(harness, app, code, asked.verifier)).json())
  const sid = (await verify(tokens.access_token))?.sid
  const again = await redeem(harness, app, code, asked.verifier)
  t.match(again.json(), { error: 'invalid_grant' })
  t.same(await connectionsOf(athleteId), [], 'the connection has ended')
  t.equal((await revokedSid(sid)).length, 1, 'and so have its access tokens')
  t.match((await refresh(harness, app, tokens.refresh_token)).json(), { error: 'invalid_grant' })
  const guessed = authorizationQuery(app)
  const second = await codeFor(harness, tab, guessed)
  t.equal((await redeem(harness, app, second, 'w'.repeat(43))).status, 400)
  t.equal((await redeem(harness, app, second, guessed.verifier)).status, 400, 'any attempt uses the code up')
  const late = authorizationQuery(app)
  const old = await codeFor(harness, tab, late)
  await clock.advance(60_001)
  t.equal((await redeem(harness, app, old, late.verifier)).status, 400, 'a minute is all')
})

t.test('attack: codes and tokens of another app are rejected', async (t) => {
  const other = await addApp(harness)
  const { tab, athleteId } = await signedIn(harness)
  const asked = authorizationQuery(app)
  const code = await codeFor(harness, tab, asked)
  t.match((await redeem(harness, other, code, asked.verifier)).json(), { error: 'invalid_grant' })
  t.match((await redeem(harness, { ...app, id: 'app_unknown' }, code, asked.verifier)).json(), {
    error: 'invalid_client',
  })
  const { refresh_token: token } = await tokensFor(harness, tab, app)
  t.match((await refresh(harness, other, token)).json(), { error: 'invalid_grant' })
  t.equal((await post(harness, 'revoke', { client_id: other.id, token })).status, 200)
  t.equal((await connectionsOf(athleteId)).length, 1, 'another app cannot revoke it')
  t.equal((await refresh(harness, app, token)).status, 200, 'nor use it up')
  const wrongUri = authorizationQuery(app)
  const sent = await codeFor(harness, tab, wrongUri)
  const page = await redeem(harness, app, sent, wrongUri.verifier, {
    redirect_uri: 'https://app.example/other',
  })
  t.match(page.json(), { error: 'invalid_grant' })
})

t.test('refresh token: rotates; a reused one ends the connection', async (t) => {
  const { tab, athleteId } = await signedIn(harness)
  const [one, other] = [await tokensFor(harness, tab, app), await tokensFor(harness, tab, app)]
  const second = Tokens.Parse((await refresh(harness, app, one.refresh_token)).json())
  const third = Tokens.Parse((await refresh(harness, app, second.refresh_token)).json())
  t.not(third.refresh_token, second.refresh_token)
  const sid = (await verify(third.access_token))?.sid
  const replay = await refresh(harness, app, one.refresh_token)
  t.equal(replay.status, 400)
  t.match(replay.json(), { error: 'invalid_grant' })
  t.match(
    (await refresh(harness, app, third.refresh_token)).json(),
    { error: 'invalid_grant' },
    'the newest one too',
  )
  t.equal((await revokedSid(sid)).length, 1)
  t.equal((await connectionsOf(athleteId)).length, 1, 'the connection of another device is unaffected')
  t.equal((await refresh(harness, app, other.refresh_token)).status, 200)
})

t.test('refresh token: two concurrent uses end the connection', async (t) => {
  const { tab, athleteId } = await signedIn(harness)
  const { refresh_token: token } = await tokensFor(harness, tab, app)
  const statuses = (await Promise.all([1, 2, 3, 4].map(() => refresh(harness, app, token)))).map(
    ({ status }) => status,
  )
  t.same(statuses.sort(), [200, 400, 400, 400])
  t.same(await connectionsOf(athleteId), [])
})

t.test('refresh: scopes can be reduced, not extended', async (t) => {
  const { tab } = await signedIn(harness)
  const { refresh_token: token } = await tokensFor(harness, tab, app, {
    scope: 'activities:read account:read',
  })
  t.match((await refresh(harness, app, token, { scope: 'account:delete' })).json(), {
    error: 'invalid_scope',
  })
  const narrowed = Tokens.Parse((await refresh(harness, app, token, { scope: 'account:read' })).json())
  t.match(await verify(narrowed.access_token), { scopes: ['account:read'] })
  const whole = Tokens.Parse((await refresh(harness, app, narrowed.refresh_token)).json())
  t.equal(whole.scope, 'activities:read account:read')
  await clock.advance(30 * 86_400_000)
  t.match(
    (await refresh(harness, app, whole.refresh_token)).json(),
    { error: 'invalid_grant' },
    'unused for 30 days',
  )
})

t.test('scopes: only known ones that the app was registered with', async (t) => {
  const { tab } = await signedIn(harness)
  for (const scope of ['', 'account:delete', 'activities:read everything', 'ACTIVITIES:READ']) {
    t.match(
      answerOf(await authorize(harness, tab, authorizationQuery(app, { scope }).query)),
      { error: 'invalid_scope' },
      scope,
    )
  }
  const others = {
    unsupported_response_type: { response_type: 'token' },
    invalid_target: { resource: 'https://other.example' },
    invalid_request: { response_mode: 'fragment' },
  }
  for (const [error, change] of Object.entries(others))
    t.match(answerOf(await authorize(harness, tab, authorizationQuery(app, change).query)), { error })
  const long = await authorize(harness, tab, authorizationQuery(app, { state: 'x'.repeat(1_000) }).query)
  t.match(answerOf(long), { error: 'invalid_request' })
})

t.test('attack: consent submitted from another site is rejected', async (t) => {
  const [{ tab, athleteId }, { tab: attacker }] = [await signedIn(harness), await signedIn(harness)]
  const { query } = authorizationQuery(app)
  const consent = consentOf(await authorize(harness, tab, query))
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
  ] as Record<string, string>[])
    t.equal((await decide(harness, tab, consent, 'allow', headers)).status, 403)
  const ofAttacker = consentOf(await authorize(harness, attacker, query))
  for (const forged of [ofAttacker, '', 'v1.s1.AAAA', `${consent}A`])
    t.equal((await decide(harness, tab, forged)).status, 403, 'the field of another session, or no field')
  t.equal((await decide(harness, browser(), consent)).status, 403, 'no session')
  await clock.advance(600_001)
  t.equal((await decide(harness, tab, consent)).status, 403, 'too old')
  const fresh = consentOf(await authorize(harness, tab, query))
  await tab.post(`${publicUrl}/auth/logout`, {
    headers: { ...JSON_ONLY, 'sec-fetch-site': 'same-origin' },
    form: {},
  })
  t.equal((await decide(harness, tab, fresh)).status, 403, 'signed out in the meantime')
  t.same(await connectionsOf(athleteId), [])
})

t.test('consent page: not shown to a revoked session', async (t) => {
  const { tab } = await signedIn(harness)
  const cookie = tab.cookies.get('127.0.0.1', 'ikigai_session') ?? ''
  await browser().post(`${publicUrl}/auth/logout`, {
    headers: { ...JSON_ONLY, authorization: `Bearer ${cookie}` },
  })
  const page = await authorize(harness, tab, authorizationQuery(app).query)
  t.equal(page.status, 302)
  t.match(page.headers.get('location'), /^\/auth\/login\?return_to=%2Fauth%2Fauthorize%3F/)
})

t.test('revocation: works with either token, and answers 200 to unknown ones', async (t) => {
  const { tab, athleteId } = await signedIn(harness)
  for (const kind of ['access_token', 'refresh_token'] as const) {
    const tokens = await tokensFor(harness, tab, app)
    const sid = (await verify(tokens.access_token))?.sid
    const page = await post(harness, 'revoke', {
      client_id: app.id,
      token: tokens[kind],
      token_type_hint: kind,
    })
    t.equal(page.status, 200)
    t.equal(page.body, '')
    t.same(await connectionsOf(athleteId), [], kind)
    t.equal((await revokedSid(sid)).length, 1)
    t.match((await refresh(harness, app, tokens.refresh_token)).json(), { error: 'invalid_grant' })
  }
  t.equal((await post(harness, 'revoke', { client_id: app.id, token: 'nothing' })).status, 200)
  t.match((await post(harness, 'revoke', { client_id: app.id })).json(), { error: 'invalid_request' })
  t.match((await post(harness, 'revoke', { token: 'x' })).json(), { error: 'invalid_client' })
})

t.test('token endpoint: answers invalid requests with OAuth errors', async (t) => {
  const client_id = app.id
  t.match((await post(harness, 'token', { client_id })).json(), { error: 'invalid_request' })
  const password = { client_id, grant_type: 'password', username: 'a', password: 'b' }
  t.match((await post(harness, 'token', password)).json(), { error: 'unsupported_grant_type' })
  const json = await browser().post(`${publicUrl}/auth/token`, {
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  t.match(json.json(), { error: 'invalid_request' })
})

t.test('app removal: the app is unknown at once and its connections end', async (t) => {
  const gone = await addApp(harness)
  const { tab, athleteId } = await signedIn(harness)
  const tokens = await tokensFor(harness, tab, gone)
  const sid = (await verify(tokens.access_token))?.sid
  await ask(bus, INTERNAL_API.appRemove, { app_id: gone.id })
  t.same(await connectionsOf(athleteId), [])
  t.equal((await revokedSid(sid)).length, 1)
  t.match((await refresh(harness, gone, tokens.refresh_token)).json(), { error: 'invalid_client' })
  t.equal((await authorize(harness, tab, authorizationQuery(gone).query)).status, 400)
  await t.rejects(ask(bus, INTERNAL_API.appRemove, { app_id: 'docs' }), RequestError)
})

t.test(
  'app disconnection: ends its connections; an erasure deletes all connections and tokens',
  async (t) => {
    const { tab, athleteId } = await signedIn(harness)
    const tokens = await tokensFor(harness, tab, app)
    await ask(bus, INTERNAL_API.appDisconnect, { athlete_id: athleteId, app_id: app.id })
    t.match((await refresh(harness, app, tokens.refresh_token)).json(), { error: 'invalid_grant' })
    const kept = await tokensFor(harness, tab, app)
    const { token } = await ask(bus, INTERNAL_API.tokenCreate, {
      athlete_id: athleteId,
      name: 'script',
      scopes: ['activities:read'],
      expires_in_days: 7,
    })
    t.match(token, /^ikigai_pat_/)
    t.notMatch(JSON.stringify(await db.select().from(personalTokens)), token)
    await ask(bus, INTERNAL_API.athleteDisconnect, { athlete_id: athleteId })
    t.same(await connectionsOf(athleteId), [])
    t.same(await db.select().from(personalTokens).where(eq(personalTokens.athleteId, athleteId)), [])
    t.same(await db.select().from(appCodes).where(eq(appCodes.athleteId, athleteId)), [])
    t.match((await refresh(harness, app, kept.refresh_token)).json(), { error: 'invalid_grant' })
  },
)

t.test('personal access tokens: at most fifty', async (t) => {
  const { athleteId: athlete_id } = await signedIn(harness)
  const create = () =>
    ask(bus, INTERNAL_API.tokenCreate, {
      athlete_id,
      name: 'n',
      scopes: ['account:read'],
      expires_in_days: 1,
    })
  for (let made = 0; made < 50; made += 1) await create()
  await t.rejects(create(), { message: 'You have 50 tokens. End one of them first.' })
})

t.test('token endpoint: has its own rate limit, with an OAuth error', async (t) => {
  const auth = await harness.replica({ AUTH_RATE_LIMIT: '1' })
  const ask = () => fetch(`${auth.urls.http}/auth/token`, { method: 'POST', body: new URLSearchParams() })
  for (let asked = 0; asked < 10; asked += 1) t.equal((await ask()).status, 401)
  const refused = await ask()
  t.equal(refused.status, 429)
  t.match(refused.headers.get('retry-after'), /^[1-9]\d*$/)
  t.match(await refused.json(), { error: 'invalid_request' })
})
