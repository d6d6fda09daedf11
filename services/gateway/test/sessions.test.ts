import { randomBytes, randomUUID } from 'node:crypto'
import { connectBus, INTERNAL } from '@ikigai/bus'
import type { HttpApp } from '@ikigai/chassis'
import { loadConfig } from '@ikigai/chassis/config'
import { athletes, personalTokens, sessionRevocations } from '@ikigai/db'
import { createAccessTokenMint, mintSession, secretHash } from '@ikigai/sessions'
import { eventually } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { gatewaySettings } from '../src/config.ts'
import { bearer, cookie, startHarness } from './harness.ts'
import { follow } from './live-client.ts'
import { addAthlete, addImport, NOW } from './seed.ts'

const ME = '42'
const DAY_MS = 86_400_000
const harness = await startHarness(t)
const { db, signIn } = harness
const [one, two] = [await harness.gateway(), await harness.gateway()]
await addAthlete(db, ME)
await addAthlete(db, '43')

const statusOf = async (app: HttpApp, headers: Record<string, string>) =>
  (await app.inject({ url: '/v1/me', headers })).statusCode

/** Records a revocation, as auth does. `recordedAt`: when its transaction began. */
const revocation = (values: Partial<typeof sessionRevocations.$inferInsert>) => ({
  id: randomUUID(),
  revokedAt: new Date(NOW),
  expiresAt: new Date(NOW + 30 * DAY_MS),
  ...values,
})

t.test('session: requests without one are answered 401', async (t) => {
  const urls = ['/v1/me', '/v1/import', '/v1/activities', '/v1/activities/random', '/v1/activities/1']
  for (const url of urls) {
    const response = await one.app.inject({ url })
    t.equal(response.statusCode, 401, url)
    t.match(response.headers, {
      'www-authenticate': 'Bearer',
      'content-type': /^application\/problem\+json/,
      'cache-control': 'private, no-store',
    })
    t.match(response.json(), { type: '/problems/sign-in-needed' })
  }
  t.equal((await one.app.inject({ method: 'DELETE', url: '/v1/me' })).statusCode, 401)
})

t.test('session: identifies its athlete, by cookie and by bearer token', async (t) => {
  const { token } = await signIn(ME)
  for (const headers of [bearer(token), cookie(token), { cookie: `a=b; ikigai_session=${token}; c=d` }]) {
    const response = await one.app.inject({ url: '/v1/me', headers })
    t.equal(response.statusCode, 200)
    t.match(response.json(), { id: ME, username: 'runner_42', grant: 'active' })
  }
  const { token: other } = await signIn('43')
  const both = await one.app.inject({ url: '/v1/me', headers: { ...bearer(other), ...cookie(token) } })
  t.equal(both.json().id, '43', 'the bearer token goes first')
})

t.test('session: tokens that are not ours are rejected', async (t) => {
  const { token } = await signIn(ME)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const stranger = await mintSession({
    keys: [{ id: 's1', key: randomBytes(32) }],
    athleteId: ME,
    now: NOW,
  })
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const tokens = {
    'another key': stranger.token,
    'another athlete': `${header}.${encode({ ...claims, sub: '43' })}.${signature}`,
    'a longer life': `${header}.${encode({ ...claims, exp: claims.exp + 1 })}.${signature}`,
    'no signature': `${encode({ alg: 'none', typ: 'JWT', kid: 's1' })}.${payload}.`,
    'a cut one': token.slice(0, -1),
    'an endless one': `${token}${'x'.repeat(4_000)}`,
    'no token': 'null',
  }
  for (const [name, forged] of Object.entries(tokens)) {
    t.equal(await statusOf(one.app, bearer(forged)), 401, name)
    t.equal(await statusOf(one.app, cookie(forged)), 401, `${name}, as a cookie`)
  }
  t.equal(await statusOf(one.app, { authorization: `Basic ${token}` }), 401)
  t.equal(await statusOf(one.app, bearer('')), 401)
})

t.test('session: rejected after it has expired', async (t) => {
  const { token } = await signIn(ME, NOW - 30 * DAY_MS)
  t.equal(await statusOf(one.app, bearer(token)), 401)
  const { token: last } = await signIn(ME, NOW - 30 * DAY_MS + 1_000)
  t.equal(await statusOf(one.app, bearer(last)), 200)
})

t.test('logout: takes effect on every gateway without a signal', async (t) => {
  const [ended, other] = [await signIn(ME), await signIn(ME)]
  for (const { app } of [one, two]) t.equal(await statusOf(app, bearer(ended.token)), 200)
  await db.insert(sessionRevocations).values(revocation({ sessionId: ended.session.sid }))
  for (const { app } of [one, two]) {
    await eventually(async () => (await statusOf(app, bearer(ended.token))) === 401)
    t.equal(await statusOf(app, bearer(other.token)), 200, 'other sessions go on')
  }
})

t.test('logout: a signal makes it take effect at once', async (t) => {
  const bus = await connectBus({ servers: [harness.natsUrl], name: 'test-auth', logger: harness.logger })
  t.teardown(() => bus.close())
  const { token, session } = await signIn(ME)
  await db.insert(sessionRevocations).values(revocation({ sessionId: session.sid }))
  bus.nc.publish(INTERNAL.sessionRevoked)
  for (const { app } of [one, two])
    await eventually(async () => (await statusOf(app, bearer(token))) === 401, { intervalMs: 1 })
  t.pass()
})

t.test('disconnect: ends all sessions of the athlete, not later ones', async (t) => {
  const [before, stranger] = [await signIn('43', NOW - 1), await signIn(ME)]
  await db.insert(sessionRevocations).values(revocation({ athleteId: '43' }))
  await eventually(async () => (await statusOf(two.app, bearer(before.token))) === 401)
  const later = await signIn('43', NOW + 1)
  t.equal(await statusOf(two.app, bearer(later.token)), 200)
  t.equal(await statusOf(two.app, bearer(stranger.token)), 200)
})

t.test('sign-out everywhere: ends sessions and their streams, not tokens of apps or scripts', async (t) => {
  const athleteId = '44'
  await addAthlete(db, athleteId)
  await addImport(db, athleteId)
  const [{ token }, stranger] = [await signIn(athleteId, NOW - 1), await signIn(ME)]
  const secret = `ikigai_pat_${'a'.repeat(43)}`
  await db.insert(personalTokens).values({
    ...{
      id: 'script',
      athleteId,
      name: 'script',
      tokenHash: secretHash(secret),
      scopes: ['account:read', 'activities:read'],
    },
    ...{ createdAt: new Date(NOW - 1), expiresAt: new Date(NOW + DAY_MS) },
  })
  const events = `${two.urls.http}/v1/import/events`
  const [own, scripts] = [await follow(events, bearer(token)), await follow(events, bearer(secret))]
  await db.insert(sessionRevocations).values(revocation({ athleteId, sessionsOnly: true }))
  await eventually(() => own.ended)
  for (const { app } of [one, two]) {
    await eventually(async () => (await statusOf(app, bearer(token))) === 401)
    t.equal(await statusOf(app, bearer(secret)), 200, 'the script goes on')
    t.equal(await statusOf(app, bearer(stranger.token)), 200)
  }
  t.notOk(scripts.ended)
  scripts.close()
})

t.test('revocations: a row committed long after its timestamp is not missed', async (t) => {
  const { token, session } = await signIn(ME)
  const recordedAt = new Date(Date.now() - 110_000)
  await db.insert(sessionRevocations).values(revocation({ sessionId: session.sid, recordedAt }))
  for (const { app } of [one, two]) await eventually(async () => (await statusOf(app, bearer(token))) === 401)
  t.pass()
})

t.test('revocations: read at the start of a gateway', async (t) => {
  const { token, session } = await signIn(ME)
  const recordedAt = new Date(NOW - 20 * DAY_MS)
  await db
    .insert(sessionRevocations)
    .values([
      revocation({ sessionId: session.sid, recordedAt }),
      revocation({ sessionId: 'long-expired', expiresAt: new Date(NOW), recordedAt }),
    ])
  const { app } = await harness.gateway()
  await eventually(async () => (await statusOf(app, bearer(token))) !== 503)
  t.equal(await statusOf(app, bearer(token)), 401)
})

t.test('logout: takes effect during an outage of NATS', async (t) => {
  const { token, session } = await signIn(ME)
  await harness.nats.interrupt()
  await db.insert(sessionRevocations).values(revocation({ sessionId: session.sid }))
  await eventually(async () => (await statusOf(one.app, bearer(token))) === 401)
  await harness.nats.resume()
  t.pass()
})

t.test(
  'session: of an erased athlete, answered `disconnected`; after a sign-out or a new connection it is not',
  async (t) => {
    const ask = (token: string) => one.app.inject({ url: '/v1/me', headers: cookie(token) })
    const problemOf = async (token: string) => JSON.parse((await ask(token)).body)
    await addAthlete(db, '77')
    const [first, second] = [await signIn('77', NOW - 2), await signIn('77', NOW - 1)]
    await db.insert(sessionRevocations).values(revocation({ sessionId: second.session.sid }))
    await eventually(async () => (await ask(second.token)).statusCode === 401)
    t.match(await problemOf(second.token), { type: '/problems/sign-in-needed' }, 'signed out')
    await db.delete(athletes).where(eq(athletes.id, '77'))
    await db.insert(sessionRevocations).values(revocation({ athleteId: '77' }))
    const problem = { type: '/problems/disconnected', status: 401, detail: /all your data is erased/ }
    await eventually(async () => (await problemOf(first.token)).type === problem.type)
    t.match(await problemOf(first.token), problem)
    const { sessionKeys: keys, publicUrl } = loadConfig(harness.env, gatewaySettings)
    const appToken = await createAccessTokenMint({ keys, publicUrl }).mint({
      ...{ athleteId: '77', sid: 'app', appId: 'app', scopes: ['account:read'] },
      ...{ issuedAtMs: NOW - 1, expiresAtMs: NOW + 60_000 },
    })
    t.match(
      (await one.app.inject({ url: '/v1/me', headers: bearer(appToken) })).json(),
      problem,
      'an app too',
    )
  },
)
