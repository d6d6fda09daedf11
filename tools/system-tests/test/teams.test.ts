import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '@ikigai/cli'
import { API, type ApiError, closed, EVENT_DATA, EVENT_TYPES } from '@ikigai/contracts'
import { outbox } from '@ikigai/db'
import { temporaryDir } from '@ikigai/dev-env'
import { eventually, type TestContext } from '@ikigai/testkit'
import { connect } from 'nats'
import t from 'tap'
import { Compile } from 'typebox/compile'
import { installConsumer } from './packed/consumer.ts'
import { root, run } from './packed/pack.ts'
import { startStack } from './stack.ts'
import { addTeam, type TeamAccess } from './teams/add-team.ts'

const stack = await startStack(t, { env: { TEAM_RATE_LIMIT: '200' } })
const athlete = stack.strava.admin.createAthlete({ activities: 20 })
await stack.signIn(athlete.id)
// What it has brought is published.
await eventually(async () => (await stack.db.$count(outbox)) === 0)
const guide = await readFile(join(root, 'docs/teams.md'), 'utf8')
const dir = join(await temporaryDir('ikigai-teams-'), 'first')
const installs = [...guide.matchAll(/^npm install (.+)$/gm)].flatMap(([, names = '']) => names.split(' '))
const consumer = await installConsumer(dir, installs)
const installed = { skip: consumer === undefined && 'the npm registry is out of reach' }

/** A second is the client's default, which a busy machine may need. */
const PATIENT = { timeout: 20_000 }

const connectAs = (access: TeamAccess) =>
  connect({ servers: access.NATS_URL, user: access.NATS_USER, pass: access.NATS_PASSWORD })

/** Runs a program as a team would, outside the workspace. */
function start(t: TestContext, file: string, access: TeamAccess, ...args: readonly string[]) {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: dir,
    env: { PATH: process.env['PATH'], ...access },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return {
    /** Resolves once it has written what matches. */
    wrote: (pattern: RegExp) => eventually(() => pattern.test(output), { what: `${file} writes ${pattern}` }),
    output: () => output,
    stop: async () => {
      child.kill('SIGINT')
      const [code]: unknown[] = await exited
      return code
    },
  }
}

t.test('teams: two are let in one after the other, and each reads all events for itself', async (t) => {
  for (const name of ['red', 'blue']) {
    const nc = await connectAs(await addTeam(stack, name))
    t.teardown(() => nc.close())
    const events = await nc.jetstream().consumers.get('EVENTS', name)
    const { num_pending: pending } = await events.info()
    const messages = await events.fetch({ max_messages: pending })
    const types = new Set<string>()
    for await (const message of messages) {
      const type = EVENT_TYPES.find((each) => message.subject.startsWith(`ikigai.v1.event.${each}.`))
      if (type === undefined) throw new Error(message.subject)
      t.ok(Compile(closed(EVENT_DATA[type])).Check(message.json()), `${type} is what the contract names`)
      types.add(type)
      message.ack()
    }
    t.ok(types.has('activity.created') && types.has('athlete.connected'), name)
    const other = name === 'red' ? 'team' : 'red'
    await t.rejects(nc.jetstream().consumers.get('EVENTS', other), { code: '503' }, 'none of another team')
  }
  const { output } = await runCommand(['team', 'list', '--json'], stack.operatorEnv)
  t.match(JSON.parse(output), [{ team: 'team' }, { team: 'red' }, { team: 'blue' }])
})

t.test('teams: from a date, earlier events are left out', async (t) => {
  const nc = await connectAs(await addTeam(stack, 'later', ['--from', '2099-01-01']))
  t.teardown(() => nc.close())
  const info = await (await nc.jetstream().consumers.get('EVENTS', 'later')).info()
  t.equal(info.num_pending, 0)
  t.match(info.config, { deliver_policy: 'by_start_time', opt_start_time: /^2099-01-01T/ })
})

t.test('teams: from a past date, the events since then are there', async (t) => {
  const nc = await connectAs(await addTeam(stack, 'earlier', ['--from', '2000-01-01']))
  t.teardown(() => nc.close())
  const consumer = await nc.jetstream().consumers.get('EVENTS', 'earlier')
  const { config, num_pending } = await consumer.info()
  t.match(config, { deliver_policy: 'by_start_time', opt_start_time: /^2000-01-01T/ })
  t.ok(num_pending > 0)
  const message = await consumer.next()
  t.match(message?.subject, /^ikigai\.v1\.event\./)
})

t.test(
  'teams: a request over the limit is answered with a typed error, and another team is not',
  async (t) => {
    const many = await connectAs(await addTeam(stack, 'many'))
    t.teardown(() => many.close())
    let error: ApiError['error'] | undefined
    for (let asked = 0; asked < 402 && error === undefined; asked += 1) {
      const reply = await many.request(API.quotaGet.subject, undefined, PATIENT)
      if (reply.headers?.get('Nats-Service-Error-Code') === '429') error = reply.json<ApiError>().error
    }
    t.match(error, { code: 'too_many_requests', message: /200 requests a minute/ })
    t.ok((error?.retry_after_seconds ?? 0) > 0)
    const other = await connectAs(await addTeam(stack, 'few'))
    t.teardown(() => other.close())
    t.notOk(
      (await other.request(API.quotaGet.subject, undefined, PATIENT)).headers?.has('Nats-Service-Error-Code'),
    )
  },
)

t.test('teams: one that is removed is shut out', async (t) => {
  const access = await addTeam(stack, 'gone')
  await runCommand(['team', 'remove', 'gone'], stack.operatorEnv)
  await eventually(
    () =>
      connectAs(access).then(
        async (nc) => {
          await nc.close()
          return false
        },
        () => true,
      ),
    { what: 'the team is shut out' },
  )
  const { output } = await runCommand(['team', 'list'], stack.operatorEnv)
  t.notMatch(output, 'gone')
})

t.test('teams: a name that cannot be used is refused', async (t) => {
  for (const name of ['gateway', 'A', 'a b', '../x', 'anybody']) {
    await t.rejects(runCommand(['team', 'add', name], stack.operatorEnv), {
      name: 'CommandError',
      exitCode: 2,
    })
  }
  await t.rejects(runCommand(['team', 'add', 'team'], stack.operatorEnv), /already/)
  await t.rejects(runCommand(['team', 'add', 'x1', '--from', 'yesterday'], stack.operatorEnv), /--from/)
})

t.test('teams: the examples run as written, and go on where they ended', installed, async (t) => {
  for (const name of ['nats-v2.mjs', 'nats-v3.mjs']) {
    await writeFile(join(dir, name), await readFile(join(root, 'packages/contracts/examples', name)))
    const access = await addTeam(stack, name.slice(0, -4))
    const first = start(t, name, access, athlete.id)
    await first.wrote(/^activity \d+: .+\nfollowing the events\n/)
    await first.wrote(new RegExp(`^ikigai\\.athlete\\.connected ${athlete.id} [0-9a-f-]{36} \\{`, 'm'))
    const created = stack.strava.admin.createActivity(athlete.id, { name: `Run of ${name}` })
    await first.wrote(new RegExp(`"id":"${created.id}"`))
    t.equal(await first.stop(), 0)
    const another = stack.strava.admin.createActivity(athlete.id, { name: `Ride of ${name}` })
    const second = start(t, name, access, '1')
    await second.wrote(new RegExp(`"id":"${another.id}"`))
    t.match(second.output(), /^no activity: \{"error":\{"code":"not_found"/)
    t.notMatch(second.output(), 'ikigai.athlete.connected')
    t.equal(await second.stop(), 0)
  }
})

t.test('teams: the programs of docs/teams.md run as written', installed, async (t) => {
  const access = await addTeam(stack, 'acme')
  const env = { PATH: process.env['PATH'], ...access, ATHLETE_ID: athlete.id }
  const programs = [...guide.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```/gms)]
  t.ok(programs.length >= 2)
  for (const [, name = '', code = ''] of programs) {
    await writeFile(join(dir, name), code)
    t.match(guide, new RegExp(`^node ${name}$`, 'm'))
    const { stdout } = await run(process.execPath, [name], { cwd: dir, env })
    t.match(stdout, /Strava is available|activity\.created/, name)
  }
})
