import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  connectBus,
  deadSubject,
  endpoint,
  fetchSubject,
  INTERNAL_API,
  provision,
  publish,
  RequestError,
  startService,
} from '@ikigai/bus'
import { ConfigurationError, type Environment } from '@ikigai/chassis/config'
import { athletes, fetchQueue, invitations, openDatabase, resyncs, wantedActivities } from '@ikigai/db'
import { secretHash } from '@ikigai/sessions'
import { startSimulator } from '@ikigai/simulator'
import { programArguments, testDatabase, testNats, testRoles } from '@ikigai/testkit'
import { pino } from 'pino'
import t from 'tap'
import { CommandError } from '../src/command.ts'
import { runCommand } from '../src/commands.ts'
import { findEnvironment } from '../src/environment.ts'

const NOW = new Date()
const [database, nats, strava] = await Promise.all([testDatabase(t), testNats(t), startSimulator()])
t.teardown(() => strava.close())
const bus = await connectBus({ servers: [nats.url], name: 'test', logger: pino({ level: 'silent' }) })
t.teardown(() => bus.close())
await provision(bus)
const { db, close } = openDatabase({ url: database.url, name: 'test' })
t.teardown(close)
await db.insert(athletes).values({ id: '7', scopes: ['read', 'activity:read'], connectedAt: NOW })
await db
  .insert(fetchQueue)
  .values({ lane: 'signup', athleteId: '7', queuedAt: NOW, replyTo: ['secret-inbox'] })
await db.insert(wantedActivities).values({
  lane: 'webhook',
  athleteId: '7',
  activityId: '9',
  notBefore: NOW,
  deadAt: NOW,
  attempts: 6,
  failure: 'unavailable',
})
const erased: string[] = []
const disconnect = endpoint('disconnect', INTERNAL_API.athleteDisconnect, async ({ athlete_id }) => {
  erased.push(athlete_id)
  return { revoked: true }
})
const registered = {
  ...{
    id: 'app_1',
    name: 'Trail Log',
    redirect_uris: ['https://a.example/cb'],
    origins: ['https://a.example'],
  },
  ...{ scopes: ['activities:read' as const], confidential: true, created_at: NOW.toISOString() },
}
const appRequests: unknown[] = []
const note =
  <T>(reply: T) =>
  async (asked: unknown) => {
    appRequests.push(asked)
    return reply
  }
await startService(bus, { name: 'auth', version: '0.1.0', description: 'a stand-in' }, [
  disconnect,
  endpoint('app-add', INTERNAL_API.appAdd, note({ ...registered, secret: 'ikigai_cs_x' })),
  endpoint('app-list', INTERNAL_API.appList, note({ apps: [registered] })),
  endpoint('app-rotate', INTERNAL_API.appRotate, note({ ...registered, secret: 'ikigai_cs_y' })),
  endpoint('app-remove', INTERNAL_API.appRemove, async () => {
    throw new RequestError({ code: 'not_found', message: 'There is no app with this id.' })
  }),
])

const root = fileURLToPath(new URL('../../..', import.meta.url))
const SERVERS = {
  DATABASE_URL: database.url,
  NATS_URL: nats.url,
  STRAVA_API_URL: strava.apiUrl,
  STRAVA_CLIENT_ID: strava.clientId,
  STRAVA_CLIENT_SECRET: strava.clientSecret,
}

interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the operator's command line as a process of its own. */
function spawned(args: string[], env: Record<string, string>): Promise<Run> {
  const { PATH } = process.env
  const main = join(root, 'packages/cli/src/main.ts')
  const node = [...programArguments(main), ...args]
  const options = { cwd: root, env: { PATH, IKIGAI_STATE_DIR: join(root, 'nowhere'), ...env } }
  return new Promise((resolve) => {
    execFile(process.execPath, node, options, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, out, err })
    })
  })
}

/** The same here, because a process takes a while to start. */
async function ikigai(args: string[], env: Environment = SERVERS): Promise<Run> {
  try {
    const { output, exitCode } = await runCommand(args, env)
    return { code: exitCode, out: output, err: '' }
  } catch (error) {
    if (error instanceof CommandError) return { code: error.exitCode, out: '', err: error.message }
    throw error
  }
}
const json = async (...args: string[]): Promise<unknown> =>
  JSON.parse((await ikigai([...args, '--json'])).out)

t.test('cli: prints the usage, and what was not understood', async (t) => {
  t.match(await ikigai(['--help']), { code: 0, out: /dead replay <number>/ })
  t.match(await ikigai([]), { code: 2, err: /No command given/ })
  t.match(await ikigai(['dig']), { code: 2, err: /no command "dig"/ })
  t.match(await ikigai(['athlete', 'show']), { code: 2, err: /athlete show <id>/ })
  t.match(await ikigai(['quota', '--colour']), { code: 2, err: /--colour/ })
  t.match(await ikigai(['athlete', 'show', 'x']), { code: 2, err: /must be a number/ })
})

t.test('as a process: what it prints, and its exit codes', async (t) => {
  const stateDir = t.testdir({ 'running.env': `DATABASE_URL=${JSON.stringify(database.url)}\n` })
  const [done, failed, unset] = await Promise.all([
    spawned(['athlete', 'show', '7', '--json'], { IKIGAI_STATE_DIR: stateDir }),
    spawned(['athlete', 'show', '8'], { DATABASE_URL: database.url }),
    spawned(['quota'], {}),
  ])
  t.match(done, { code: 0, err: '' })
  t.match(JSON.parse(done.out), { id: '7' }, 'it found what runs here')
  t.match(failed, { code: 1, out: '', err: 'There is no athlete 8.\n' })
  t.match(unset, { code: 78, out: '', err: /DATABASE_URL/ })
})

t.test('cli: quota and an athlete', async (t) => {
  const [quota, asText, athlete, nobody] = await Promise.all([
    json('quota'),
    ikigai(['quota']),
    ikigai(['athlete', 'show', '7', '--json']),
    ikigai(['athlete', 'show', '8']),
  ])
  t.match(quota, { strava: { state: 'available' }, jobs: [{}, {}, { lane: 'webhook', dead: 1 }] })
  t.match(asText, { code: 0, out: /15min +read +0 of 100/ })
  t.match(JSON.parse(athlete.out), {
    id: '7',
    grant: { state: 'active' },
    connection: { state: 'active', erased_at: null },
    state: { state: 'queued', waiting: { reason: 'queued' } },
    queued: [{ lane: 'signup' }],
    wanted: [{ failure: 'unavailable' }],
  })
  t.notMatch(athlete.out, /secret-inbox/)
  t.match(nobody, { code: 1, err: 'There is no athlete 8.' })
})

t.test('cli: athletes are listed with what they have, and nothing that is theirs alone', async (t) => {
  t.match(await json('athlete', 'list'), [{ id: '7', connection: 'active', import: 'queued', activities: 0 }])
  const limited = await ikigai(['athlete', 'list'], { ...SERVERS, STRAVA_ATHLETE_LIMIT: '10' })
  t.match(limited, { code: 0, out: /7 .*active.*\n\n1 of 10 places at Strava are taken/ })
})

t.test('invitations: a link that is shown once, listed without it, removed', async (t) => {
  const env = { ...SERVERS, PUBLIC_URL: 'https://ikigai.example', SIGN_UP: 'invite' }
  const made = await ikigai(['athlete', 'invite', '--uses', '3', '--days', '2', '--note', 'the club'], env)
  t.match(made, {
    code: 0,
    out: /^https:\/\/ikigai\.example\/auth\/login\?invitation=ikigai_inv_[\w-]{43}\n/,
  })
  t.match(made.out, /For 3 accounts, until/)
  t.notMatch(made.out, /no effect/)
  const token = /ikigai_inv_[\w-]+/.exec(made.out)?.[0] ?? ''
  const [stored] = await db.select().from(invitations)
  t.match(stored, { tokenHash: secretHash(token), maxUses: 3, uses: 0, note: 'the club' })
  t.notMatch(JSON.stringify(stored), token)
  const list = await ikigai(['invitation', 'list'], env)
  t.match(list, { code: 0, out: /inv_[0-9a-f]{12} +used 0 of 3 +until .* the club/ })
  t.notMatch(list.out, 'ikigai_inv_')
  t.match(await ikigai(['invitation', 'remove', stored?.id ?? ''], env), {
    code: 0,
    out: /refused from now on/,
  })
  t.match(await ikigai(['invitation', 'list'], env), { out: 'No invitations.\n' })
  t.match(await ikigai(['invitation', 'remove', 'inv_0'], env), {
    code: 1,
    err: 'There is no invitation inv_0.',
  })
  const open = await ikigai(['athlete', 'invite'], { ...env, SIGN_UP: 'open' })
  t.match(open.out, 'It has no effect yet: SIGN_UP is open.')
  t.match(await ikigai(['athlete', 'invite', '--uses', '0'], env), {
    code: 2,
    err: /--uses is a number from 1/,
  })
  await t.rejects(ikigai(['athlete', 'invite']), ConfigurationError, 'the link needs PUBLIC_URL')
})

t.test('cli: the list of those who may make an account', async (t) => {
  const env = { ...SERVERS, SIGN_UP: 'allow-list' }
  t.match(await ikigai(['allowed', 'list'], env), { out: 'No athlete is on the list.\n' })
  t.match(await ikigai(['athlete', 'allow', '12'], env), {
    code: 0,
    out: 'Athlete 12 may make an account.\n',
  })
  t.match(await ikigai(['athlete', 'allow', '12'], env), { code: 0 })
  t.match(await json('allowed', 'list'), [{ athlete_id: '12' }])
  t.match(await ikigai(['athlete', 'disallow', '12'], env), { code: 0 })
  t.match(await ikigai(['athlete', 'disallow', '12'], env), {
    code: 1,
    err: 'Athlete 12 is not on the list.',
  })
})

t.test('cli: the operator’s role is enough for invitations and the list', async (t) => {
  const own = await testDatabase(t)
  const { operator } = await testRoles(t, own)
  const env = { ...SERVERS, DATABASE_URL: operator, PUBLIC_URL: 'https://ikigai.example' }
  for (const args of [
    ['athlete', 'invite'],
    ['invitation', 'list'],
    ['athlete', 'allow', '12'],
    ['athlete', 'disallow', '12'],
    ['athlete', 'list'],
  ])
    t.match(await ikigai(args, env), { code: 0 }, args.join(' '))
})

t.test('quarantine: a mass deletion is listed and approved', async (t) => {
  t.match(await ikigai(['quarantine', 'list']), { code: 0, out: 'No deletions are quarantined.\n' })
  await db.insert(resyncs).values({
    athleteId: '7',
    generation: 1,
    startedAt: NOW,
    dueAt: NOW,
    updatedAt: NOW,
    quarantined: 120,
    quarantinedSince: NOW,
  })
  t.match(await json('quarantine', 'list'), [{ athlete_id: '7', quarantined: 120, approved: false }])
  t.match(await ikigai(['quarantine', 'approve', '7']), {
    code: 0,
    out: 'Approved. The resync of athlete 7 starts now.\n',
  })
  t.match(await ikigai(['quarantine', 'list']), { code: 0, out: /7 +120 activities .* approved/ })
  t.match(await ikigai(['quarantine', 'approve', '8']), {
    code: 1,
    err: 'No deletions of athlete 8 are quarantined.',
  })
})

t.test('cli: dead letters are listed, shown and replayed', async (t) => {
  const subject = fetchSubject('replay', '7')
  const body = JSON.stringify({ lane: 'webhook', activity_id: '9' })
  await publish(bus, {
    subject: deadSubject('fetch', '7'),
    body,
    messageId: 'one',
    headers: { 'Ikigai-Reason': 'unavailable', 'Ikigai-Subject': subject },
  })
  const [list, shown, none] = await Promise.all([
    json('dead', 'list'),
    ikigai(['dead', 'show', '1']),
    ikigai(['dead', 'show', '2']),
  ])
  t.match(list, [{ number: 1, athlete_id: '7', reason: 'unavailable', subject }])
  t.match(shown, { code: 0, out: /reason +unavailable/ })
  t.match(none, { code: 1, err: 'There is no dead letter 2.' })
  t.match(await ikigai(['dead', 'replay', '1']), { code: 0, out: `Replayed on ${subject}.\n` })
  const jsm = await bus.nc.jetstreamManager()
  const replayed = await jsm.streams.getMessage('FETCH', { last_by_subj: subject })
  t.equal(replayed.string(), body)
  t.match(await ikigai(['dead', 'list']), { code: 0, out: 'No dead letters.\n' })
})

t.test('cli: an athlete’s history is listed again on request', async (t) => {
  t.match(await ikigai(['resync', '7']), { code: 0, out: /resync of athlete 7/ })
  const jsm = await bus.nc.jetstreamManager()
  const asked = await jsm.streams.getMessage('FETCH', { last_by_subj: fetchSubject('resync', '7') })
  t.equal(asked.string(), '{}')
})

t.test('cli: the webhook’s subscription', async (t) => {
  strava.admin.setSubscription({
    callbackUrl: 'https://ikigai.example/webhooks/strava/hidden-segment',
    id: 5,
  })
  t.match(await ikigai(['webhook', 'list']), {
    code: 0,
    out: /5 +https:\/\/ikigai\.example\/webhooks\/strava\/…/,
  })
  const refused = await ikigai(['webhook', 'list'], { ...SERVERS, STRAVA_CLIENT_SECRET: 'another' })
  t.equal(refused.code, 1)
  t.notMatch(refused.err, 'another', 'the secret is not told')
  await t.rejects(ikigai(['webhook', 'create']), ConfigurationError)
  t.match(await ikigai(['webhook', 'delete', '5']), { code: 0 })
  t.equal(strava.admin.subscription(), null)
  t.match(await ikigai(['webhook', 'list']), { out: 'No subscription.\n' })
})

t.test(
  'CLI: the environment overrides that of a running ikigai, which is also found from a folder below',
  async (t) => {
    const folder = t.testdir({
      '.ikigai': { 'running.env': 'NATS_URL="nats://a"\nDATABASE_URL="b"\n' },
      deep: { er: {} },
    })
    t.same(findEnvironment({ NATS_URL: 'c', DATABASE_URL: '' }, join(folder, 'deep', 'er')), {
      NATS_URL: 'c',
      DATABASE_URL: 'b',
    })
    t.same(findEnvironment({ IKIGAI_STATE_DIR: join(folder, 'deep') }, folder), {
      IKIGAI_STATE_DIR: join(folder, 'deep'),
    })
  },
)

t.test('cli: an instance is found where .env keeps it, and one secret is not set twice', async (t) => {
  const folder = t.testdir({
    '.env': '\uFEFFIKIGAI_STATE_DIR="my state"\r\n',
    'my state': { 'running.env': 'DATABASE_URL="a"\nSTRAVA_CLIENT_SECRET_FILE="/secret"\n' },
    below: {},
  })
  t.same(findEnvironment({}, join(folder, 'below')), {
    DATABASE_URL: 'a',
    STRAVA_CLIENT_SECRET_FILE: '/secret',
  })
  t.same(findEnvironment({ STRAVA_CLIENT_SECRET: 's' }, folder), {
    DATABASE_URL: 'a',
    STRAVA_CLIENT_SECRET: 's',
  })
})

t.test('cli: erases an athlete through auth', async (t) => {
  t.match(await json('athlete', 'erase', '7'), { athlete_id: '7', revoked: true })
  t.same(erased, ['7'])
})

t.test('apps: registered, listed, given a new secret, removed', async (t) => {
  const addresses = ['--redirect-uri', 'https://a.example/cb', '--origin', 'https://a.example']
  const added = await ikigai(['app', 'add', '--name', 'Trail Log', ...addresses, '--type', 'confidential'])
  t.match(added, { code: 0, out: /client id\s+app_1\nclient secret\s+ikigai_cs_x {2}\(not shown again\)/ })
  const list = await ikigai(['app', 'list'])
  t.match(list, { code: 0, out: /redirect URI\s+https:\/\/a\.example\/cb/ })
  t.notMatch(list.out, 'ikigai_cs_')
  t.match(await json('app', 'rotate', 'app_1'), { secret: 'ikigai_cs_y' })
  t.match(await ikigai(['app', 'remove', 'app_2']), { code: 1, err: 'There is no app with this id.' })
  t.match(appRequests, [
    {
      name: 'Trail Log',
      redirect_uris: ['https://a.example/cb'],
      origins: ['https://a.example'],
      scopes: ['activities:read'],
      confidential: true,
    },
    {},
    { app_id: 'app_1' },
  ])
  t.match(await ikigai(['app', 'add', '--name', 'x']), { code: 2, err: /--redirect-uri/ })
  t.match(await ikigai(['app', 'add', '--name', 'x', ...addresses, '--scope', 'all']), {
    code: 2,
    err: /--scope is/,
  })
  t.match(await ikigai(['app', 'add', '--name', 'x', ...addresses, '--type', 'web']), {
    code: 2,
    err: /--type is/,
  })
})
