import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBus, provision } from '@ikigai/bus'
import { connectionName } from '@ikigai/chassis'
import { athletes, capacityRefusals, openDatabase } from '@ikigai/db'
import { startSimulator } from '@ikigai/simulator'
import { testDatabase, testNats } from '@ikigai/testkit'
import { pino } from 'pino'
import t from 'tap'
import { runCommand } from '../src/commands.ts'
import type { Finding } from '../src/doctor/finding.ts'

const [database, nats, strava] = await Promise.all([testDatabase(t), testNats(t), startSimulator()])
t.teardown(() => strava.close())
const { db, close } = openDatabase({ url: database.url, name: 'test' })
t.teardown(close)
await db.insert(athletes).values([
  { id: '7', scopes: ['read'], connectedAt: new Date() },
  { id: '8', scopes: ['read'], connectedAt: new Date(), grantState: 'needs_reauthorization' },
])

/** The public address of an installation: its status, and Strava's handshake. */
const web = createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://localhost')
  const isHandshake = url.searchParams.get('hub.verify_token') === 'verify-token-of-ours'
  if (url.pathname === '/v1/status') response.end('{}')
  else if (isHandshake)
    response.end(JSON.stringify({ 'hub.challenge': url.searchParams.get('hub.challenge') }))
  else response.writeHead(404).end()
})
await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
t.teardown(() => web.close())
const { port } = web.address() as AddressInfo
const folder = await mkdtemp(join(tmpdir(), 'ikigai-doctor-'))
t.teardown(() => rm(folder, { recursive: true }))

const ENV = {
  DATABASE_URL: database.url,
  NATS_URL: nats.url,
  STRAVA_API_URL: strava.apiUrl,
  STRAVA_CLIENT_ID: strava.clientId,
  STRAVA_CLIENT_SECRET: strava.clientSecret,
  PUBLIC_URL: `http://127.0.0.1:${port}`,
  WEBHOOK_URL: `http://127.0.0.1:${port}`,
  STRAVA_WEBHOOK_SECRET: 'secret-path-of-ours',
  STRAVA_WEBHOOK_VERIFY_TOKEN: 'verify-token-of-ours',
  IKIGAI_INSTANCE_DIR: folder,
}

async function examined(env: Record<string, string> = {}) {
  const { output, exitCode } = await runCommand(['doctor', '--json'], { ...ENV, ...env })
  const findings: Finding[] = JSON.parse(output)
  return { exitCode, output, find: (check: string) => findings.find((finding) => finding.check === check) }
}

t.test(
  'doctor: streams that are missing and a subscription that is missing are failures, with advice',
  async (t) => {
    const { exitCode, find } = await examined()
    t.equal(exitCode, 1)
    t.match(find('stream EVENTS'), { state: 'failed', advice: /fetcher/ })
    t.match(find('push subscription'), { state: 'failed', detail: 'none' })
    t.match(find('athletes'), { state: 'ok', detail: '2, of whom 1 must connect again' })
  },
)

t.test('doctor: a complete installation is well, and says nothing secret', async (t) => {
  const bus = await connectBus({ servers: [nats.url], name: 'test', logger: pino({ level: 'silent' }) })
  t.teardown(() => bus.close())
  await provision(bus)
  await mkdir(join(folder, 'backups'), { recursive: true })
  await writeFile(join(folder, 'backups', 'today.dump'), '')
  await mkdir(join(folder, 'deploy', 'teams'), { recursive: true })
  await writeFile(join(folder, 'deploy', 'teams', 'teams.conf'), '')
  for (const service of ['gateway', 'auth', 'ingest', 'fetcher']) {
    const connection = openDatabase({ url: database.url, name: connectionName(service) })
    t.teardown(connection.close)
    await connection.ping()
  }
  t.equal((await runCommand(['webhook', 'create'], ENV)).exitCode, 0)
  const { output, find, exitCode } = await examined()
  t.equal(exitCode, 0, 'no warning')
  for (const check of [
    'configuration',
    'PostgreSQL',
    'NATS',
    'services',
    'builds',
    'schema',
    'stream EVENTS',
    'consumer fetcher of FETCH',
    'Strava',
    'clock',
    'webhook',
    'teams',
  ]) {
    t.match(find(check), { state: 'ok' }, check)
  }
  t.match(find('push subscription'), { state: 'ok', detail: /points here/ })
  t.match(find('quota 15min read'), { state: 'ok', detail: /^\d+ of 100 used/ })
  t.match(find('backup'), { state: 'ok' })
  t.notMatch(output, new RegExp(`${ENV.STRAVA_WEBHOOK_SECRET}|${ENV.STRAVA_CLIENT_SECRET}|verify-token`))
  const text = (await runCommand(['doctor'], ENV)).output
  t.match(text, /✓ +PostgreSQL/)
})

t.test('doctor: a subscription of another installation is a failure', async (t) => {
  const { exitCode, find } = await examined({ STRAVA_WEBHOOK_SECRET: 'another-secret-path' })
  t.equal(exitCode, 1)
  t.match(find('push subscription'), { state: 'failed', detail: /points elsewhere/, advice: /Another/ })
})

t.test('doctor: each part that is down is named, and the others are still looked at', async (t) => {
  const down = 'http://127.0.0.1:1'
  const { exitCode, find } = await examined({
    PUBLIC_URL: down,
    WEBHOOK_URL: down,
    STRAVA_API_URL: `${down}/api/v3`,
  })
  t.equal(exitCode, 1)
  for (const check of ['Strava', 'webhook', 'public address']) {
    t.match(find(check), { state: 'failed', advice: /./ }, check)
  }
  t.match(find('PostgreSQL'), { state: 'ok' })
})

t.test('doctor: what is not configured is one finding that names every variable', async (t) => {
  const { exitCode, find } = await examined({ DATABASE_URL: '', STRAVA_CLIENT_ID: '' })
  t.equal(exitCode, 1)
  t.match(find('configuration'), { state: 'failed', detail: /DATABASE_URL.*STRAVA_CLIENT_ID/ })
})

t.test('doctor: how many places the Strava application has left', async (t) => {
  t.match((await examined()).find('athlete places'), { state: 'skipped' })
  const few = { state: 'warning', detail: '2 of 2 taken', advice: /STRAVA_ATHLETE_LIMIT/ }
  t.match((await examined({ STRAVA_ATHLETE_LIMIT: '2' })).find('athlete places'), few)
  t.match((await examined({ STRAVA_ATHLETE_LIMIT: '10' })).find('athlete places'), { state: 'ok' })
  await db.insert(capacityRefusals).values({ id: 'strava', refusedAt: new Date(), connected: 2 })
  const told = { state: 'warning', detail: /Strava refused an athlete on .* when 2 were connected/ }
  t.match((await examined({ STRAVA_ATHLETE_LIMIT: '10' })).find('athlete places'), told)
})
