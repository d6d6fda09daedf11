import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StreamReport, StreamState } from '@ikigai/bus'
import type { QuotaStatus } from '@ikigai/contracts'
import { athletes, backups, capacityRefusals, openDatabase, outbox, restores } from '@ikigai/db'
import { startSimulator } from '@ikigai/simulator'
import { createStravaClient } from '@ikigai/strava'
import { freePort, testDatabase, testRoles } from '@ikigai/testkit'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { connectionsFinding, databaseFindings } from '../src/doctor/database.ts'
import { type Finding, guarded } from '../src/doctor/finding.ts'
import { backupFindings, diskFinding, diskFindings } from '../src/doctor/host.ts'
import { judgeStreams } from '../src/doctor/messaging.ts'
import { buildFindings, releaseFindings } from '../src/doctor/services.ts'
import { quotaFindings, stravaFindings } from '../src/doctor/strava.ts'
import { teamsFinding } from '../src/doctor/teams.ts'
import { certificateFinding, publicAddressFindings, webhookFindings } from '../src/doctor/web.ts'

const whole = t
const database = await testDatabase(whole)
const { db, close } = openDatabase({ url: database.url, name: 'test' })
t.teardown(close)
const folder = await mkdtemp(join(tmpdir(), 'ikigai-doctor-lines-'))
t.teardown(() => rm(folder, { recursive: true }))
const NOW = Date.parse('2030-03-05T10:00:00Z')
const DAY_MS = 86_400_000

type Asserting = Pick<typeof t, 'match'>

const find = (findings: readonly Finding[], check: string) => findings.find((each) => each.check === check)
/** Every finding that is not well says what to do. */
const isBad = (t: Asserting, finding: Finding | undefined, state: 'warning' | 'failed', detail: RegExp) =>
  t.match(finding, { state, detail, advice: /\w+/ })

t.test('doctor: services of one build are well; others, and missing ones, are warnings', async (t) => {
  const all = ['auth', 'fetcher', 'gateway', 'ingest'].map((service) => ({ service, build: '1.0.0+a' }))
  t.match(buildFindings(all, '1.0.0+a'), [{ state: 'ok' }, { state: 'ok', detail: '1.0.0+a' }])
  const [, older] = buildFindings([...all, { service: 'auth', build: '0.9.0+b' }], '1.0.0+a')
  isBad(t, older, 'warning', /auth 0\.9\.0\+b/)
  const [missing] = buildFindings(all.slice(1), '1.0.0+a')
  isBad(t, missing, 'warning', /no connection of auth/)
})

t.test('doctor: services are seen by their connections, with their builds', async (t) => {
  const service = openDatabase({ url: database.url, name: 'ikigai-gateway 1.0.0+a' })
  t.teardown(service.close)
  await service.ping()
  const findings = await releaseFindings(db)
  t.match(find(findings, 'services')?.detail, 'no connection of auth, ingest, fetcher to PostgreSQL')
  t.match(find(findings, 'builds')?.detail, 'gateway 1.0.0+a')
})

t.test(
  'doctor: a schema that lags behind is a failure, one that is ahead and usable a warning',
  async (t) => {
    t.match(find(await releaseFindings(db), 'schema'), { state: 'ok' })
    await db.execute(sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 0)`)
    isBad(t, find(await releaseFindings(db), 'schema'), 'warning', /migrations are applied/)
    t.match(find(await releaseFindings(db), 'schema')?.advice, /works with it/)
    await db.execute(sql`update schema_minimum set migrations = migrations + 1`)
    isBad(t, find(await releaseFindings(db), 'schema'), 'failed', /requires a release with \d+ or more$/)
    await db.execute(sql`update schema_minimum set migrations = migrations - 1`)
    await db.execute(sql`create table kept as table drizzle.__drizzle_migrations`)
    await db.execute(sql`delete from drizzle.__drizzle_migrations`)
    isBad(t, find(await releaseFindings(db), 'schema'), 'failed', /^0 migrations are applied/)
    await db.execute(sql`insert into drizzle.__drizzle_migrations select * from kept where hash <> 'later'`)
    await db.execute(sql`drop table kept`)
  },
)

t.test('doctor: privileges that are missing or too many are named', async (t) => {
  t.match(find(await releaseFindings(db), 'privileges'), { state: 'skipped' }, 'without roles')
  const urls = await testRoles(whole, database)
  t.match(find(await releaseFindings(db), 'privileges'), { state: 'ok' })
  await lookAsOperator(t, urls.operator)
  const role = sql.identifier(new URL(urls.gateway).username)
  await db.execute(sql`grant select on grants to ${role}`)
  isBad(t, find(await releaseFindings(db), 'privileges'), 'warning', /gateway may select grants/)
  await db.execute(sql`revoke select on athletes from ${role}`)
  isBad(t, find(await releaseFindings(db), 'privileges'), 'failed', /gateway may select athletes/)
})

/** The operator's own role may look at all of it. */
async function lookAsOperator(t: Asserting & Pick<typeof whole, 'teardown'>, url: string): Promise<void> {
  const operator = openDatabase({ url, name: 'test-operator' })
  t.teardown(operator.close)
  const findings = [
    ...(await releaseFindings(operator.db)),
    ...(await databaseFindings(operator.db, () => Date.now(), undefined)),
    ...(await backupFindings(folder, operator.db, () => NOW)),
  ]
  t.match(find(findings, 'schema'), { state: 'ok' })
  t.match(find(findings, 'PostgreSQL'), { state: 'ok' })
}

t.test('doctor: PostgreSQL’s connections, clock, outbox and places', async (t) => {
  t.match(connectionsFinding(10, 100), { state: 'ok' })
  isBad(t, connectionsFinding(90, 100), 'warning', /90 of 100/)

  const well = await databaseFindings(db, () => Date.now(), 10)
  t.match(find(well, 'database’s clock'), { state: 'ok' })
  t.match(find(well, 'outbox'), { state: 'ok' })
  t.match(find(well, 'athlete places'), { state: 'ok', detail: '0 of 10 taken' })

  await db.insert(outbox).values({
    subject: 's',
    messageId: 'm',
    headers: {},
    body: '{}',
    createdAt: new Date(Date.now() - 600_000),
  })
  await db
    .insert(athletes)
    .values(['1', '2'].map((id) => ({ id, scopes: ['read'], connectedAt: new Date(NOW) })))
  const bad = await databaseFindings(db, () => Date.now() + 60_500, 2)
  isBad(t, find(bad, 'database’s clock'), 'failed', /60\d\d\d ms/)
  isBad(t, find(bad, 'outbox'), 'failed', /1 messages wait/)
  isBad(t, find(bad, 'athlete places'), 'warning', /2 of 2/)
  t.match(find(await databaseFindings(db, Date.now, undefined), 'athlete places'), { state: 'skipped' })
  await db.execute(sql`delete from ${capacityRefusals}`)
})

const stream = (name: string, with_: Partial<StreamState> = {}): StreamState => ({
  stream: name,
  missing: false,
  messages: 10,
  bytes: 2 ** 20,
  fill: 0.1,
  replicas: 1,
  consumers: [{ consumer: 'fetcher', pending: 0 }],
  ...with_,
})
const report = (streams: readonly StreamState[], isClustered = false): StreamReport => ({
  server: 'nats-server 2.10.1',
  isClustered,
  streams,
})

t.test('doctor: streams are told with size, replicas and consumers', async (t) => {
  const well = judgeStreams(report([stream('FETCH')]))
  t.match(find(well, 'NATS'), { state: 'ok', detail: 'nats-server 2.10.1, one server' })
  t.match(find(well, 'stream FETCH'), { state: 'ok', detail: '10 messages (1.0 MiB), 10 % full, 1 replica' })
  t.match(find(well, 'consumer fetcher of FETCH'), { state: 'ok', detail: '0 messages behind' })
  t.match(judgeStreams(report([stream('FETCH', { replicas: 3 })], true))[1], { state: 'ok' })
  const letters = judgeStreams(report([stream('DEAD', { messages: 2, fill: 1, consumers: [] })]))
  t.match(find(letters, 'stream DEAD'), { state: 'ok', detail: /dead list/ }, 'a full one drops its oldest')
})

t.test('doctor: streams and consumers that are missing, full, alone or behind', async (t) => {
  isBad(t, judgeStreams(report([stream('FETCH', { missing: true })]))[1], 'failed', /missing/)
  isBad(t, judgeStreams(report([stream('EVENTS', { fill: 0.9 })]))[1], 'warning', /90 % full/)
  isBad(t, judgeStreams(report([stream('EVENTS')], true))[1], 'warning', /1 replica/)
  const without = judgeStreams(report([stream('STRAVA_EVENTS', { consumers: [] })]))
  isBad(t, find(without, 'consumer fetcher of STRAVA_EVENTS'), 'failed', /missing/)
  const behind = judgeStreams(
    report([stream('EVENTS', { consumers: [{ consumer: 'team', pending: 5_000 }] })]),
  )
  isBad(t, find(behind, 'consumer team of EVENTS'), 'warning', /5000 messages behind/)
})

t.test('doctor: Strava’s answer, clock and subscription', async (t) => {
  const strava = await startSimulator()
  t.teardown(() => strava.close())
  const look = (secret: string, aheadMs = 0) => {
    const now = () => Date.now() + aheadMs
    const client = createStravaClient({
      apiUrl: strava.apiUrl,
      oauthUrl: strava.oauthUrl,
      revokePath: 'revoke',
      clientId: strava.clientId,
      clientSecret: secret,
      now,
    })
    return stravaFindings(client, { callbackUrl: 'http://127.0.0.1:9/webhooks/strava/x', now })
  }
  const well = await look(strava.clientSecret)
  t.match(find(well, 'Strava'), { state: 'ok' })
  t.match(find(well, 'clock'), { state: 'ok' })
  isBad(t, find(well, 'push subscription'), 'failed', /^none/)
  isBad(t, find(await look('wrong'), 'Strava'), 'failed', /./)
  isBad(t, find(await look(strava.clientSecret, 60_000), 'clock'), 'failed', /by (59|60|61)\d\d\d ms/)
  const error = { kind: 'application_inactive', message: 'Strava has disabled the application' } as const
  const meta = { sentAt: NOW, receivedAt: NOW, durationMs: 0 }
  const listSubscriptions = async () => ({ ok: false, error, meta }) as const
  const options = { callbackUrl: undefined, now: () => NOW }
  const [inactive] = await stravaFindings({ listSubscriptions }, options)
  isBad(t, inactive, 'failed', /disabled/)
  t.match(inactive?.advice, /Renew the subscription/)
})

t.test('doctor: after a restore, what is still to be done', async (t) => {
  const look = async () => find(await databaseFindings(db, Date.now), 'restored')
  t.equal(await look(), undefined, 'there was none')
  await db.insert(restores).values({})
  isBad(t, await look(), 'failed', /sessions are not ended/)
  await db.update(restores).set({ accessEndedAt: new Date() })
  isBad(t, await look(), 'failed', /erasures are not applied/)
  await db.update(restores).set({ erasuresAppliedAt: new Date() })
  t.match(await look(), { state: 'ok', detail: /^from a backup on/ })
  await db.delete(restores)
})

const window_ = (used: number) => ({
  window: 'day' as const,
  counter: 'read' as const,
  limit: 1_000,
  used,
  resets_at: '2030-03-06T00:00:00.000Z',
})
const quotaOf = (used: number, state: QuotaStatus['strava']['state'] = 'available'): QuotaStatus => ({
  windows: [window_(used)],
  lanes: [],
  strava: { state, until: null },
  history: [],
  as_of: '2030-03-05T10:00:00.000Z',
})

t.test('doctor: limits and spend', async (t) => {
  t.match(quotaFindings(quotaOf(100)), [{ state: 'ok' }, { state: 'ok', detail: /^100 of 1000 used/ }])
  isBad(t, quotaFindings(quotaOf(950))[1], 'warning', /^950 of 1000 used/)
  isBad(t, quotaFindings(quotaOf(0, 'application_inactive'))[0], 'warning', /application_inactive/)
})

t.test('doctor: a certificate that lasts, is late, has ended', async (t) => {
  const lasting = (days: number) => ({
    valid_from: new Date(NOW - (90 - days) * DAY_MS).toUTCString(),
    valid_to: new Date(NOW + days * DAY_MS).toUTCString(),
  })
  t.match(certificateFinding(lasting(60), NOW), { state: 'ok', detail: 'expires in 60 days' })
  isBad(t, certificateFinding(lasting(2), NOW), 'warning', /expires in 48 hours/)
  isBad(t, certificateFinding(lasting(-1), NOW), 'failed', /has expired/)
})

t.test('doctor: what is not configured is passed over, and says so', async (t) => {
  t.match(await publicAddressFindings(undefined, Date.now), [{ state: 'skipped' }])
  t.match(await webhookFindings(undefined, undefined), [{ state: 'skipped' }])
})

t.test('doctor: an address without a server, and one without a certificate', async (t) => {
  const nobody = `https://localhost:${await freePort()}`
  const [address, certificate] = await publicAddressFindings(nobody, Date.now)
  isBad(t, address, 'failed', /localhost/)
  isBad(t, certificate, 'failed', /./)
  const [webhook] = await webhookFindings(`${nobody}/webhooks/strava/x`, 'token')
  isBad(t, webhook, 'failed', /localhost/)
})

t.test('doctor: disk and backups', async (t) => {
  t.match(await diskFindings(folder), [{ check: 'disk' }])
  t.match(diskFinding(50), { state: 'ok', detail: '50.0 GiB free' })
  isBad(t, diskFinding(3), 'warning', /3\.0/)
  isBad(t, diskFinding(0.5), 'failed', /0\.5/)

  const backup = async (now: number) =>
    find(await backupFindings(join(folder, 'backups'), db, () => now), 'backup')
  t.match(await backup(NOW), { state: 'skipped' })
  await db.insert(backups).values({ madeAt: new Date(NOW) })
  t.match(await backup(NOW + DAY_MS / 2), { state: 'ok', detail: /recorded is less than a day/ })
  isBad(t, await backup(NOW + 2.5 * DAY_MS), 'warning', /recorded is 2 days old/)
  await mkdir(join(folder, 'backups'))
  const file = join(folder, 'backups', 'ikigai-2030.dump')
  await writeFile(file, '')
  await utimes(file, new Date(NOW), new Date(NOW))
  t.match(await backup(NOW + DAY_MS / 2), { state: 'ok', detail: /file is less than a day/ })
  isBad(t, await backup(NOW + 3.5 * DAY_MS), 'warning', /file is 3 days old/)
  await rm(file)
  await db.delete(backups)
  isBad(t, await backup(NOW), 'warning', /^none/)
})

t.test('doctor: the file of other teams', async (t) => {
  const file = join(folder, 'teams.conf')
  isBad(t, await teamsFinding(file), 'failed', /is missing/)
  await writeFile(file, '')
  t.match(await teamsFinding(file), { state: 'ok', detail: 'none' })
  await writeFile(file, '# team alpha\nTEAM_alpha { }\n# end of team alpha\n')
  t.match(await teamsFinding(file), { state: 'ok', detail: 'alpha' })
  isBad(t, await teamsFinding(folder), 'warning', /EISDIR/)
})

t.test('doctor: a check that throws is a failure of its own', async (t) => {
  const [finding] = await guarded('PostgreSQL', 'Is it running?', async () => {
    throw new Error('connection refused')
  })
  t.match(finding, {
    check: 'PostgreSQL',
    state: 'failed',
    detail: 'connection refused',
    advice: 'Is it running?',
  })
})
