import t from 'tap'
import { answering, clientOf, localServer, recorded, replaying, SECRETS, succeeded } from './support.ts'

t.test('a code is exchanged for tokens and the athlete', async (t) => {
  const { client, requests } = await replaying(t, 'oauth/token-exchange-2026')
  const tokens = succeeded(await client.exchangeCode('the-code'))
  const { access_token, refresh_token, athlete } = JSON.parse(recorded('oauth/token-exchange-2026').body)
  t.match(tokens, {
    accessToken: access_token,
    refreshToken: refresh_token,
    expiresAt: 1_770_612_384_000,
    athlete: { id: '2469439', firstname: 'Robin', lastname: 'Example', username: 'robin_example' },
  })
  t.strictSame(JSON.parse(tokens.athlete?.raw ?? ''), athlete)
  t.notMatch(tokens.athlete?.raw ?? '', access_token)
  t.equal(tokens.scope, undefined)
  t.match(requests, [{ method: 'POST', url: '/oauth/token', authorization: undefined }])
  t.strictSame(Object.fromEntries(new URLSearchParams(requests[0]?.body)), {
    client_id: '12345',
    client_secret: SECRETS.clientSecret,
    grant_type: 'authorization_code',
    code: 'the-code',
  })
})

t.test('all recorded token answers can be read', async (t) => {
  const names = ['token-exchange-2018', 'token-refresh-2018', 'token-refresh-2026', 'token-refresh-handmade']
  for (const name of [...names, 'token-exchange-docs', 'token-refresh-docs']) {
    const { body } = recorded(`oauth/${name}`)
    const { client } = await replaying(t, `oauth/${name}`)
    t.match(await client.refreshToken('r'), {
      ok: true,
      value: { accessToken: JSON.parse(body).access_token, expiresAt: JSON.parse(body).expires_at * 1_000 },
    })
  }
})

t.test('a refresh', async (t) => {
  const { client, requests } = await answering(
    t,
    200,
    '{"access_token":"a","refresh_token":"r2","expires_at":1900000000,"expires_in":21600,"scope":"read,activity:read"}',
  )
  t.strictSame((await client.refreshToken(SECRETS.refreshToken)).ok, true)
  t.match(await client.refreshToken(SECRETS.refreshToken), {
    value: {
      accessToken: 'a',
      refreshToken: 'r2',
      expiresAt: 1_900_000_000_000,
      scope: 'read,activity:read',
    },
  })
  t.strictSame(Object.fromEntries(new URLSearchParams(requests[0]?.body)), {
    client_id: '12345',
    client_secret: SECRETS.clientSecret,
    grant_type: 'refresh_token',
    refresh_token: SECRETS.refreshToken,
  })
})

t.test('an answer without usable tokens is malformed, and not in the error', async (t) => {
  const good = { access_token: 'at-1', refresh_token: 'rt-1', expires_at: 1_900_000_000 }
  const bodies = [
    {},
    { ...good, access_token: '' },
    { ...good, access_token: null },
    { ...good, refresh_token: undefined },
    { ...good, expires_at: '1900000000' },
    { ...good, expires_at: 1.9e21 },
    { ...good, expires_at: -1 },
    { ...good, athlete: { id: 'x' } },
    { ...good, athlete: [] },
    [good],
  ]
  for (const body of bodies) {
    const { client } = await answering(t, 200, JSON.stringify(body))
    const result = await client.refreshToken('r')
    t.match(result, { ok: false, error: { kind: 'malformed' } }, JSON.stringify(body))
    t.notMatch(JSON.stringify(result), /[ar]t-1/)
  }
  const { client } = await answering(t, 200, JSON.stringify({ ...good, athlete: null }))
  t.match(await client.refreshToken('r'), { ok: true })
})

t.test('revoke: HTTP Basic and the token in the form', async (t) => {
  const { client, requests } = await answering(t, 200, '', {}, { clientSecret: 'se:cret/ä' })
  t.match(await client.revoke('the-token'), { ok: true, value: undefined })
  t.match(requests, [{ method: 'POST', url: '/oauth/revoke', body: 'token=the-token' }])
  const [scheme, pair = ''] = requests[0]?.authorization?.split(' ') ?? []
  t.equal(scheme, 'Basic')
  t.equal(Buffer.from(pair, 'base64').toString(), '12345:se%3Acret%2F%C3%A4')
})

t.test('revoke: wrong credentials, and a failure that should be tried again', async (t) => {
  const { client } = await answering(t, 401, '{"message":"Authorization Error"}')
  t.match(await client.revoke('the-token'), { error: { kind: 'invalid_client' } })
  const { client: busy } = await answering(t, 503, '')
  t.match(await busy.revoke('the-token'), { error: { kind: 'unavailable', status: 503 } })
})

t.test('deauthorize: the access token as bearer, no body', async (t) => {
  const { client, requests } = await replaying(t, 'oauth/deauthorize-200-2025', { revokePath: 'deauthorize' })
  const result = await client.revoke('the-token')
  t.match(result, { ok: true, value: undefined, meta: { usage: { read: { short: { used: 78 } } } } })
  t.match(requests, [
    { method: 'POST', url: '/oauth/deauthorize', authorization: 'Bearer the-token', body: '' },
  ])
  const { client: refused } = await replaying(t, 'errors/401-application-invalid-2026', {
    revokePath: 'deauthorize',
  })
  t.match(await refused.revoke('the-token'), { error: { kind: 'unauthorized' } })
})

t.test('the address of the authorize page', async (t) => {
  const request = {
    redirectUri: 'https://ikigai.example/auth/callback',
    scopes: ['read', 'activity:read_all'],
    state: 'a b&c',
  }
  const url = new URL(clientOf('https://www.strava.com').authorizeUrl(request))
  t.equal(url.origin + url.pathname, 'https://www.strava.com/oauth/authorize')
  t.strictSame(Object.fromEntries(url.searchParams), {
    client_id: '12345',
    redirect_uri: 'https://ikigai.example/auth/callback',
    response_type: 'code',
    approval_prompt: 'auto',
    scope: 'read,activity:read_all',
    state: 'a b&c',
  })
  t.match(
    clientOf('https://www.strava.com').authorizeUrl({ ...request, approvalPrompt: 'force' }),
    'approval_prompt=force',
  )
})

t.test('base addresses may end in a slash, and must be addresses', async (t) => {
  const { url, requests } = await localServer(t, (response) => response.end('{"id":1}'))
  const client = clientOf(url, { apiUrl: `${url}/api/v3/`, oauthUrl: `${url}/oauth/` })
  await client.getAthlete('x')
  await client.revoke('x')
  t.match(requests, [{ url: '/api/v3/athlete' }, { url: '/oauth/revoke' }])
  t.throws(() => clientOf('nonsense'), TypeError)
})
