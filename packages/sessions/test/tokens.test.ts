import { createHmac, randomBytes } from 'node:crypto'
import { TestClock } from '@ikigai/testkit'
import t from 'tap'
import {
  ACCESS_TOKEN_TTL_MS,
  createAccessTokenMint,
  createAccessTokenVerifier,
  createRevocations,
  createSessionVerifier,
  DEFAULT_SESSION_TTL_MS,
  mintSession,
  type SessionVerifier,
} from '../src/index.ts'

/** Between two seconds, because tokens tell their times in seconds. */
const NOW = Date.parse('2026-06-01T12:00:00.123Z')
const ME = '9223372036854775807'
const newKey = (id: string) => ({ id, key: randomBytes(32) })

const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

const KEY = newKey('s1')

function verifierAt(now: number, keys = [KEY]) {
  const clock = new TestClock(now)
  const revocations = createRevocations({ clock })
  return { clock, revocations, verifier: createSessionVerifier({ keys, clock, revocations }) }
}

const isTaken = async (verifier: SessionVerifier, token: string) =>
  (await verifier.verify(token)) !== undefined

t.test('session token: round trip, to the millisecond', async (t) => {
  const { token, session } = await mintSession({ keys: [KEY], athleteId: ME, now: NOW })
  t.match(session, { athleteId: ME, issuedAtMs: NOW, expiresAtMs: NOW + DEFAULT_SESSION_TTL_MS })
  const { verifier } = verifierAt(NOW)
  t.same(await verifier.verify(token), session)
  t.same(await verifier.verify(token), session, 'from memory')
  const other = await mintSession({ keys: [KEY], athleteId: ME, now: NOW })
  t.not(other.session.sid, session.sid, 'no two are the same')
})

t.test('access token: one that would last longer than such a token may is rejected', async (t) => {
  const options = { keys: [KEY], publicUrl: 'https://ikigai.example' }
  const clock = new TestClock(NOW)
  const mint = createAccessTokenMint(options)
  const verifier = createAccessTokenVerifier({ ...options, clock, revocations: createRevocations({ clock }) })
  const lasting = (ms: number) =>
    mint.mint({
      athleteId: ME,
      sid: 'connection',
      appId: 'app',
      scopes: ['activities:read'],
      issuedAtMs: NOW,
      expiresAtMs: NOW + ms,
    })
  t.match(await verifier.verify(await lasting(ACCESS_TOKEN_TTL_MS)), { athleteId: ME })
  t.equal(await verifier.verify(await lasting(ACCESS_TOKEN_TTL_MS + 1_000)), undefined)
  t.equal(await verifier.verify(await lasting(365 * 86_400_000)), undefined)
})

t.test('session token: expires in time, cached or not', async (t) => {
  const { token } = await mintSession({ keys: [KEY], athleteId: ME, now: NOW, ttlMs: 5_000 })
  const { clock, verifier } = verifierAt(NOW)
  t.ok(await isTaken(verifier, token))
  await clock.advance(4_999)
  t.ok(await isTaken(verifier, token))
  t.ok(await isTaken(verifierAt(NOW + 4_999).verifier, token))
  await clock.advance(1)
  t.notOk(await isTaken(verifier, token))
  t.notOk(await isTaken(verifierAt(NOW + 5_000).verifier, token))
})

t.test('session token: a cached one can be revoked', async (t) => {
  const { token, session } = await mintSession({ keys: [KEY], athleteId: ME, now: NOW })
  const { revocations, verifier } = verifierAt(NOW)
  t.ok(await isTaken(verifier, token))
  revocations.revokeSession(session.sid, session.expiresAtMs)
  t.notOk(await isTaken(verifier, token))
})

t.test('session token: the first key signs, every key of the ring verifies', async (t) => {
  const newer = newKey('s2')
  const { token: old } = await mintSession({ keys: [KEY], athleteId: ME, now: NOW })
  const { token } = await mintSession({ keys: [newer, KEY], athleteId: ME, now: NOW })
  const { verifier: rotated } = verifierAt(NOW, [newer, KEY])
  t.ok(await isTaken(rotated, old))
  t.ok(await isTaken(rotated, token))
  const { verifier: after } = verifierAt(NOW, [newer])
  t.notOk(await isTaken(after, old))
  t.ok(await isTaken(after, token), 'so it was the new key that signed')
  await t.rejects(mintSession({ keys: [], athleteId: ME, now: NOW }), TypeError)
})

t.test('session token: verified beyond the size of the cache', async (t) => {
  const clock = new TestClock(NOW)
  const revocations = createRevocations({ clock })
  const verifier = createSessionVerifier({ keys: [KEY], clock, revocations, cacheSize: 1 })
  const minted = await Promise.all(
    ['1', '2', '3', '1'].map((athleteId) => mintSession({ keys: [KEY], athleteId, now: NOW })),
  )
  for (const { token, session } of [...minted, ...minted]) t.same(await verifier.verify(token), session)
})

t.test('session token: other JWTs of the same key are rejected', async (t) => {
  const { verifier } = verifierAt(NOW)
  const claims = {
    sub: ME,
    sid: randomBytes(16).toString('base64url'),
    iss: 'ikigai-auth',
    aud: 'ikigai',
    iat: NOW / 1_000,
    exp: NOW / 1_000 + 60,
  }
  const sign = (changes: object, header: object = {}, hash = 'sha256') => {
    const text = `${json({ alg: 'HS256', typ: 'JWT', kid: KEY.id, ...header })}.${json({ ...claims, ...changes })}`
    return `${text}.${createHmac(hash, KEY.key).update(text).digest('base64url')}`
  }
  t.ok(await isTaken(verifier, sign({})), 'the one that all others are changed from')

  const payloads = {
    'of another issuer': { iss: 'somebody' },
    'of no issuer': { iss: undefined },
    'for another audience': { aud: 'strava' },
    'for no audience': { aud: undefined },
    'of nobody': { sub: undefined },
    'of athlete 0': { sub: '0' },
    'of a name': { sub: 'me' },
    'of an id with a zero before it': { sub: '042' },
    'of an id that is too long': { sub: '12345678901234567890' },
    'without a session id': { sid: undefined },
    'with a number for a session id': { sid: 42 },
    'with a short session id': { sid: 'short' },
    'with no beginning': { iat: undefined },
    'without an end': { exp: undefined },
    'past its end': { exp: NOW / 1_000 - 1 },
    'longer than a session lasts': { exp: NOW / 1_000 + DEFAULT_SESSION_TTL_MS / 1_000 + 1 },
    'not good yet': { nbf: NOW / 1_000 + 60 },
  }
  for (const [name, changes] of Object.entries(payloads))
    t.notOk(await isTaken(verifier, sign(changes)), name)

  const headers = {
    'of another type': { typ: 'at+jwt' },
    'of no type': { typ: undefined },
    'under an unknown key': { kid: 's9' },
    'under no key': { kid: undefined },
    'under a name that every object has': { kid: 'constructor' },
  }
  for (const [name, header] of Object.entries(headers))
    t.notOk(await isTaken(verifier, sign({}, header)), name)
  t.notOk(await isTaken(verifier, sign({}, { alg: 'HS512' }, 'sha512')), 'under another algorithm')
})

t.test('session token: malformed text is rejected without an error', async (t) => {
  const { token } = await mintSession({ keys: [KEY], athleteId: ME, now: NOW })
  const { verifier } = verifierAt(NOW)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const texts = {
    nothing: '',
    points: '..',
    'a word': 'null',
    'a header that is no JSON': `AAAA.${payload}.${signature}`,
    'a header that is a list': `${json([])}.${payload}.${signature}`,
    'a payload that is no object': `${header}.${json('me')}.${signature}`,
    'no signature': `${header}.${payload}.`,
    'the signature of nothing': `${json({ alg: 'none', typ: 'JWT', kid: KEY.id })}.${payload}.`,
    'a part more': `${token}.${signature}`,
    'encrypted, it says': `${header}.${payload}.${signature}.${payload}.${signature}`,
    'a space before': ` ${token}`,
    'letters that are none of base64url': `${token.slice(0, -1)}é`,
    'too long a text': `${token}.${'x'.repeat(1_024)}`,
  }
  for (const [name, text] of Object.entries(texts)) t.equal(await verifier.verify(text), undefined, name)
  for (let index = 0; index < token.length; index += 1) {
    const other = token[index] === 'A' ? 'g' : 'A'
    const altered = token.slice(0, index) + other + token.slice(index + 1)
    if (await isTaken(verifier, altered)) t.fail(`taken with character ${index} altered`)
  }
  t.ok(await isTaken(verifier, token), 'and the true one goes on')
})
