import { connectBus, endpoint, INTERNAL_API, RequestError, startService } from '@ikigai/bus'
import { AthleteSchema, closed, ImportStatusSchema } from '@ikigai/contracts'
import { capacityRefusals, sessionRevocations } from '@ikigai/db'
import { eventually, type TestContext } from '@ikigai/testkit'
import t from 'tap'
import { Compile } from 'typebox/compile'
import { ServiceStatusSchema } from '../src/queries/schemas.ts'
import { bearer, cookie, startHarness } from './harness.ts'
import { addAthlete, addImport } from './seed.ts'

const ME = '42'
const harness = await startHarness(t)
const { db, signIn } = harness
const { app } = await harness.gateway()
const bus = await connectBus({ servers: [harness.natsUrl], name: 'test-auth', logger: harness.logger })
t.teardown(() => bus.close())

t.beforeEach(async () => {
  // Later than every revocation of earlier tests.
  await harness.clock.advance(1_000)
  await db.execute('truncate athletes, session_revocations cascade')
  await addAthlete(db, ME)
  await addImport(db, ME)
})

/** A fake of auth that erases the athlete, or replies with this error. */
async function fakeAuth(t: TestContext, refusal?: RequestError['body']['code']): Promise<readonly string[]> {
  const asked: string[] = []
  const disconnect = endpoint(
    'disconnect',
    INTERNAL_API.athleteDisconnect,
    async ({ athlete_id: athleteId }) => {
      asked.push(athleteId)
      if (refusal !== undefined) throw new RequestError({ code: refusal, message: 'no' })
      await db.execute('truncate athletes cascade')
      const at = new Date(harness.clock.now())
      await db.insert(sessionRevocations).values({
        id: 'all',
        athleteId,
        revokedAt: at,
        expiresAt: new Date(harness.clock.now() + 86_400_000),
      })
      return { revoked: true }
    },
  )
  const serving = await startService(bus, { name: 'auth', version: '0.0.1', description: 'stands in' }, [
    disconnect,
  ])
  await bus.ping()
  t.teardown(() => serving.stop())
  return asked
}

const disconnect = (headers: Record<string, string>) =>
  app.inject({ method: 'DELETE', url: '/v1/me', headers })

t.test('GET /v1/me: returns the athlete', async (t) => {
  const { token } = await signIn(ME)
  // 503 until the revoked sessions are read, which may take long on a busy machine.
  const response = await eventually(async () => {
    const answer = await app.inject({ url: '/v1/me', headers: bearer(token) })
    return answer.statusCode === 503 ? undefined : answer
  })
  t.equal(response.headers['cache-control'], 'private, no-store')
  t.ok(Compile(closed(AthleteSchema)).Check(response.json()))
  t.strictSame(response.json().scopes, ['read', 'activity:read_all'])
})

t.test('GET /v1/import: returns the import status', async (t) => {
  const { token } = await signIn(ME)
  const response = await app.inject({ url: '/v1/import', headers: cookie(token) })
  t.equal(response.statusCode, 200)
  t.ok(Compile(closed(ImportStatusSchema)).Check(response.json()))
  t.match(response.json(), { athlete_id: ME, state: 'running', waiting: null })
})

t.test('GET /v1/status: public', async (t) => {
  const response = await app.inject({ url: '/v1/status' })
  t.equal(response.statusCode, 200)
  t.equal(response.headers['cache-control'], 'no-cache')
  t.ok(Compile(closed(ServiceStatusSchema)).Check(response.json()))
  t.equal(response.json().lanes.length, 6)
  t.equal(response.json().sign_up, 'open')
})

t.test('GET /v1/status: shows who can create an account', async (t) => {
  const told = async (env: Record<string, string>) => {
    const { app } = await harness.gateway(env, t)
    return await eventually(async () => (await app.inject({ url: '/v1/status' })).json().sign_up)
  }
  t.equal(await told({ SIGN_UP: 'invite' }), 'invite')
  t.equal(await told({ SIGN_UP: 'allow-list' }), 'allow_list')
  t.equal(await told({ SIGN_UP: 'invite', STRAVA_ATHLETE_LIMIT: '1' }), 'full')
  const refusedAt = new Date(harness.clock.now())
  await db.insert(capacityRefusals).values({ id: 'strava', refusedAt, connected: 1 })
  t.teardown(() => db.delete(capacityRefusals))
  t.equal(await told({}), 'full', 'Strava has refused another athlete')
})

t.test('disconnect: requests it from auth, clears the cookie and ends every session', async (t) => {
  const asked = await fakeAuth(t)
  const [here, elsewhere] = [await signIn(ME), await signIn(ME)]
  const response = await disconnect({ ...cookie(here.token), origin: 'http://localhost:8080' })
  t.equal(response.statusCode, 204)
  t.equal(response.body, '')
  t.match(response.headers['set-cookie'], /^ikigai_session=; .*Path=\/; .*HttpOnly/)
  t.strictSame(asked, [ME])
  for (const { token } of [here, elsewhere])
    t.equal((await app.inject({ url: '/v1/me', headers: bearer(token) })).statusCode, 401, 'at once')
})

t.test('disconnect: 503 if auth does not answer', async (t) => {
  const { token } = await signIn(ME)
  const response = await disconnect(bearer(token))
  t.equal(response.statusCode, 503)
  t.match(response.json(), { type: '/problems/auth-unavailable' })
  t.ok(response.headers['retry-after'])
  t.notOk(response.headers['set-cookie'], 'the athlete stays signed in')
  t.equal((await app.inject({ url: '/v1/me', headers: bearer(token) })).statusCode, 200)
})

t.test('disconnect: 503 if auth fails', async (t) => {
  await fakeAuth(t, 'unavailable')
  const { token } = await signIn(ME)
  t.equal((await disconnect(bearer(token))).statusCode, 503)
})

t.test('disconnect: repeating it succeeds', async (t) => {
  await fakeAuth(t, 'not_found')
  const { token } = await signIn(ME)
  t.equal((await disconnect(bearer(token))).statusCode, 204)
})

t.test('disconnect: rejected with a cookie from another site', async (t) => {
  const asked = await fakeAuth(t)
  const { token } = await signIn(ME)
  const foreign = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:9999' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', origin: 'http://localhost:8080' },
  ]
  for (const headers of foreign) {
    const response = await disconnect({ ...cookie(token), ...headers })
    t.equal(response.statusCode, 403, JSON.stringify(headers))
    t.match(response.json(), { type: '/problems/cross-origin' })
  }
  const reading = await app.inject({ url: '/v1/me', headers: { ...cookie(token), ...foreign[0] } })
  t.equal(reading.statusCode, 200, 'reading changes nothing')
  t.strictSame(asked, [])
  t.equal((await disconnect({ ...bearer(token), ...foreign[0] })).statusCode, 204, 'a bearer token is meant')
})

for (const headers of [{ 'sec-fetch-site': 'same-origin' }, { origin: 'http://localhost:8080' }, {}]) {
  t.test(`disconnect: allowed from own pages: ${JSON.stringify(headers)}`, async (t) => {
    const asked = await fakeAuth(t)
    const { token } = await signIn(ME)
    t.equal((await disconnect({ ...cookie(token), ...headers })).statusCode, 204)
    t.strictSame(asked, [ME])
  })
}
