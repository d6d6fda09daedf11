import { fileURLToPath } from 'node:url'
import { connectBus } from '@ikigai/bus'
import { API } from '@ikigai/contracts'
import { openDatabase } from '@ikigai/db'
import { eventually, openWay, spawnService, testDatabase, testRoles } from '@ikigai/testkit'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { bearer, startHarness } from './harness.ts'
import { addActivities, addAthlete } from './seed.ts'

const ME = '42'
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const harness = await startHarness(t, { streams: true })
await addAthlete(harness.db, ME)
await addActivities(harness.db, ME, [{ id: '1' }])

async function readiness(adminUrl: string) {
  const response = await fetch(`${adminUrl}/readyz`)
  return { code: response.status, ...JSON.parse(await response.text()) }
}

t.test('readiness: only while PostgreSQL and NATS answer', async (t) => {
  const postgres = await openWay(t, harness.databaseUrl)
  const gateway = await harness.gateway({ DATABASE_URL: postgres.url }, t)
  const { http: url, admin: adminUrl } = gateway.urls
  const { token } = await harness.signIn(ME)
  await eventually(async () => (await readiness(adminUrl)).code === 200)

  postgres.cut()
  await eventually(async () => (await readiness(adminUrl)).code === 503)
  const { checks } = await readiness(adminUrl)
  t.not(checks.postgres, 'ok')
  t.equal(checks.nats, 'ok')
  t.equal((await fetch(`${adminUrl}/healthz`)).status, 200, 'alive all the same')
  const response = await fetch(`${url}/v1/me`, { headers: bearer(token) })
  t.equal(response.status, 503)
  t.match(response.headers.get('content-type'), 'application/problem+json')
  t.equal(response.headers.get('retry-after'), '2')

  postgres.mend()
  await eventually(async () => (await readiness(adminUrl)).code === 200)
  t.equal((await fetch(`${url}/v1/me`, { headers: bearer(token) })).status, 200)

  await harness.nats.interrupt()
  await eventually(async () => (await readiness(adminUrl)).code === 503)
  t.equal(
    (await fetch(`${url}/v1/activities/random`, { headers: bearer(token) })).status,
    200,
    'NATS is not needed',
  )
  await harness.nats.resume()
  await eventually(async () => (await readiness(adminUrl)).code === 200)
})

t.test('PostgreSQL unresponsive: every route that needs it answers 503 soon, also over NATS', async (t) => {
  const postgres = await openWay(t, harness.databaseUrl)
  const { app } = await harness.gateway({ DATABASE_URL: postgres.url }, t)
  const { token } = await harness.signIn(ME)
  const ask = (url: string) => app.inject({ url, headers: bearer(token) })
  await eventually(async () => (await ask('/v1/me')).statusCode === 200)
  const bus = await connectBus({ servers: [harness.natsUrl], name: 'team', logger: harness.logger })
  t.teardown(() => bus.close())
  const request = () =>
    bus.nc.request(API.athleteGet.subject, JSON.stringify({ athlete_id: ME }), { timeout: 10_000 })
  t.match((await request()).json(), { athlete: { id: ME } })
  postgres.silence()
  for (const url of [
    '/v1/me',
    '/v1/import',
    '/v1/status',
    '/v1/activities',
    '/v1/activities/1',
    '/v1/me/export',
    '/v1/import/events',
  ]) {
    const answer = await ask(url)
    t.equal(answer.statusCode, 503, url)
    t.match(answer.headers, { 'retry-after': '2', 'content-type': /^application\/problem\+json/ }, url)
    t.match(answer.json(), { type: '/problems/unavailable', detail: /cannot be reached/ }, url)
  }
  const reply = await request()
  t.equal(reply.headers?.get('Nats-Service-Error-Code'), '503')
  t.match(reply.json(), { error: { code: 'unavailable', message: /cannot be reached/ } })
  postgres.mend()
  await eventually(async () => (await ask('/v1/me')).statusCode === 200)
})

t.test('start: before PostgreSQL, sessions are rejected until the revocations are read', async (t) => {
  const postgres = await openWay(t, harness.databaseUrl)
  postgres.cut()
  const { app } = await harness.gateway({ DATABASE_URL: postgres.url }, t)
  const { token } = await harness.signIn(ME)
  const ask = () => app.inject({ url: '/v1/me', headers: bearer(token) })
  const early = await ask()
  t.equal(early.statusCode, 503)
  t.match(early.headers, { 'retry-after': '1' })
  postgres.mend()
  await eventually(async () => (await ask()).statusCode === 200)
})

t.test('readiness: with too few connections for the pool, /readyz reports how many are needed', async (t) => {
  const database = await testDatabase(t)
  const urls = await testRoles(t, database)
  const { db, close } = openDatabase({ url: database.serverUrl, name: 'admin', max: 1 })
  t.teardown(close)
  const limitTo = (connections: number) =>
    db.execute(sql.raw(`alter role "${new URL(urls.gateway).username}" connection limit ${connections}`))
  await limitTo(7)
  const given = { DATABASE_URL: urls.gateway, DATABASE_POOL_SIZE: '12' }
  const { admin: adminUrl } = (await harness.gateway(given, t)).urls
  const { code, checks } = await readiness(adminUrl)
  t.equal(code, 503)
  t.match(
    checks.postgres,
    /opens up to 12 connections, and PostgreSQL has \d connections left for it.*DATABASE_POOL_SIZE/,
  )
  await limitTo(30)
  await eventually(async () => (await readiness(adminUrl)).code === 200)
})

t.test('metrics: labelled by route, never by id', async (t) => {
  const gateway = await harness.gateway({}, t)
  const { http: url, admin: adminUrl } = gateway.urls
  const { token } = await harness.signIn(ME)
  await fetch(`${url}/v1/activities/987654321`, { headers: bearer(token) })
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text()
  t.match(metrics, /ikigai_http_request_duration_seconds_count\{.*route="\/v1\/activities\/:id".*\} 1/)
  t.notMatch(metrics, '987654321')
})

t.test('process: starts, serves and stops', async (t) => {
  const { PORT: _port, ADMIN_PORT: _adminPort, ...env } = harness.env
  const service = await spawnService(t, MAIN, { ...env, LOG_LEVEL: 'info' })
  t.equal((await fetch(`${service.url}/v1/status`)).status, 200)
  t.match(await (await fetch(`${service.url}/`)).text(), 'ikigai')
  t.strictSame(await service.kill('SIGTERM'), { code: 0, signal: null })
  t.match(service.output(), '"msg":"stopped"')
  t.notMatch(service.output(), harness.env['SESSION_KEYS'])
})

t.test('process: an invalid configuration exits with 78', async (t) => {
  const faulty = { PUBLIC_URL: 'nowhere', SESSION_KEYS: 'short', DATABASE_URL: harness.databaseUrl }
  const output = await spawnService(t, MAIN, faulty).then(
    () => '',
    (error: Error) => error.message,
  )
  for (const name of ['PUBLIC_URL', 'SESSION_KEYS', 'NATS_URL'])
    t.match(output, new RegExp(`^ +${name} `, 'm'))
})
