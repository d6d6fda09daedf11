import t from 'tap'
import { answering, clientOf, localServer, recorded, replaying, SECRETS } from './support.ts'

t.test('token response: every recorded one is parsed', async (t) => {
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

t.test('refresh: sends the client credentials and the refresh token', async (t) => {
  const { client, requests } = await answering(
    t,
    200,
    '{"access_token":"a","refresh_token":"r2","expires_at":1900000000,"expires_in":21600}',
  )
  t.strictSame((await client.refreshToken(SECRETS.refreshToken)).ok, true)
  t.match(await client.refreshToken(SECRETS.refreshToken), {
    value: { accessToken: 'a', refreshToken: 'r2', expiresAt: 1_900_000_000_000 },
  })
  t.strictSame(Object.fromEntries(new URLSearchParams(requests[0]?.body)), {
    client_id: '12345',
    client_secret: SECRETS.clientSecret,
    grant_type: 'refresh_token',
    refresh_token: SECRETS.refreshToken,
  })
})

t.test('token response: without usable tokens it is malformed, and not in the error', async (t) => {
  const good = { access_token: 'at-1', refresh_token: 'rt-1', expires_at: 1_900_000_000 }
  const bodies = [
    {},
    { ...good, access_token: '' },
    { ...good, access_token: null },
    { ...good, refresh_token: undefined },
    { ...good, expires_at: '1900000000' },
    { ...good, expires_at: 1.9e21 },
    { ...good, expires_at: -1 },
    [good],
  ]
  for (const body of bodies) {
    const { client } = await answering(t, 200, JSON.stringify(body))
    const result = await client.refreshToken('r')
    t.match(result, { ok: false, error: { kind: 'malformed' } }, JSON.stringify(body))
    t.notMatch(JSON.stringify(result), /[ar]t-1/)
  }
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
  t.match(result, { ok: true, value: undefined, meta: { usage: { read: { quarterHour: { used: 78 } } } } })
  t.match(requests, [
    { method: 'POST', url: '/oauth/deauthorize', authorization: 'Bearer the-token', body: '' },
  ])
  const { client: refused } = await replaying(t, 'errors/401-application-invalid-2026', {
    revokePath: 'deauthorize',
  })
  t.match(await refused.revoke('the-token'), { error: { kind: 'unauthorized' } })
})

t.test('client: base URLs may end in a slash, and must be URLs', async (t) => {
  const { url, requests } = await localServer(t, (response) => response.end('{"id":1}'))
  const client = clientOf(url, { apiUrl: `${url}/api/v3/`, oauthUrl: `${url}/oauth/` })
  await client.getAthlete('x')
  await client.revoke('x')
  t.match(requests, [{ url: '/api/v3/athlete' }, { url: '/oauth/revoke' }])
  t.throws(() => clientOf('nonsense'), TypeError)
})
