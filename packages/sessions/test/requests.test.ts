import t from 'tap'
import { comesFromOwnPages, readSessionToken, sessionCookie } from '../src/index.ts'

const PUBLIC_URL = 'https://ikigai.example'

t.test('session cookie: host-only, secure and HTTP-only behind https', async (t) => {
  const options = { path: '/', httpOnly: true, sameSite: 'lax' }
  t.same(sessionCookie(PUBLIC_URL), {
    name: '__Host-ikigai_session',
    options: { ...options, secure: true },
  })
  t.same(sessionCookie('http://localhost:8080'), {
    name: 'ikigai_session',
    options: { ...options, secure: false },
  })
})

t.test('session token of a request: bearer before cookie', async (t) => {
  const cookieName = 'ikigai_session'
  const read = (authorization?: string, cookies = {}) =>
    readSessionToken({ cookieName, cookies, authorization })
  const cookies = { ikigai_session: 'c', other: 'o' }
  t.same(read('Bearer b', cookies), { token: 'b', from: 'bearer' }, 'the header goes first')
  for (const header of ['bearer b', 'BEARER   b', 'Bearer b  '])
    t.same(read(header), { token: 'b', from: 'bearer' }, JSON.stringify(header))
  for (const header of [
    undefined,
    '',
    'Basic b',
    'Bearer',
    'Bearer ',
    'Bearerb',
    'Bearer a b',
    'Bearer a, Bearer b',
    'Token, Bearer b',
  ]) {
    t.same(read(header, cookies), { token: 'c', from: 'cookie' }, JSON.stringify(header))
    t.equal(read(header), undefined, `${JSON.stringify(header)} alone`)
    t.equal(read(header, { ikigai_session: '' }), undefined, `${JSON.stringify(header)}, an empty cookie`)
  }
  const inherited = readSessionToken({ cookieName: 'constructor', cookies: {}, authorization: undefined })
  t.equal(inherited, undefined, 'what every object has is no cookie')
})

t.test('same-origin check: by Sec-Fetch-Site and Origin', async (t) => {
  const comes = (headers: Record<string, string>) => comesFromOwnPages(headers, `${PUBLIC_URL}/`)
  t.ok(comes({ 'sec-fetch-site': 'same-origin' }))
  t.ok(comes({ 'sec-fetch-site': 'none' }), 'typed by the person')
  t.ok(comes({ origin: PUBLIC_URL }))
  t.ok(comes({}), 'no browser')
  for (const site of ['same-site', 'cross-site', '', 'something new']) {
    t.notOk(comes({ 'sec-fetch-site': site }), site)
    t.notOk(comes({ 'sec-fetch-site': site, origin: PUBLIC_URL }), `${site}, whatever the origin says`)
  }
  const others = [
    'https://evil.example',
    'http://ikigai.example',
    `${PUBLIC_URL}:8443`,
    'https://a.ikigai.example',
    'null',
    '',
  ]
  for (const origin of others) t.notOk(comes({ origin }), origin)
})
