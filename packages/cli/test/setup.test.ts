import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import t, { type Test } from 'tap'
import { runCommand } from '../src/commands.ts'
import { setupAnswers } from '../src/setup/ask.ts'
import { environmentText } from '../src/setup/environment-file.ts'

const GIVEN = ['--host', 'club.example.org', '--client-id', '123', '--client-secret', 'a-secret']

async function instance(t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'ikigai-setup-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const run = async (...args: string[]) =>
    (await runCommand(['setup', ...args], { IKIGAI_INSTANCE_DIR: folder })).output
  const read = async () => parseEnv(await readFile(join(folder, '.env'), 'utf8'))
  return { folder, run, read }
}

/** Variables that the compose file takes from `.env`: `${NAME}`, `${NAME:?…}`; those with a default may be left out. */
const composeVariables = async (folder: string) => {
  const text = await readFile(join(folder, 'deploy/compose.production.yml'), 'utf8')
  return [...text.matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name)
}

t.test('setup: everything that the compose file asks for is in .env, every secret once', async (t) => {
  const { folder, run, read } = await instance(t)
  const out = await run(...GIVEN)
  t.match(out, /Authorization Callback Domain[\s\S]*club\.example\.org[\s\S]*up -d[\s\S]*doctor/)
  const values = await read()
  const names = await composeVariables(folder)
  t.ok(names.length > 15)
  t.strictSame(
    names.filter((name) => values[name] === undefined || values[name] === ''),
    [],
  )
  const secrets = Object.entries(values).filter(([name]) => /PASSWORD|KEYS|SECRET|TOKEN/.test(name))
  t.equal(new Set(secrets.map(([, value]) => value)).size, secrets.length)
  t.match(values, {
    PUBLIC_URL: 'https://club.example.org',
    WEBHOOK_URL: 'https://club.example.org',
    CADDY_SITE: 'https://club.example.org',
    CADDY_TLS: 'acme',
    SESSION_KEYS: /^k1:[\w+/]{43}=$/,
  })
  t.notMatch(out, new RegExp(`${values['POSTGRES_PASSWORD']}|a-secret`))
})

t.test('setup: nobody else can read .env', async (t) => {
  const { folder, run } = await instance(t)
  await run(...GIVEN)
  t.equal((await stat(join(folder, '.env'))).mode & 0o777, 0o600)
})

t.test('setup: a second run keeps secrets and what the operator added, and takes new answers', async (t) => {
  const { folder, run, read } = await instance(t)
  await run(...GIVEN)
  const before = await read()
  await writeFile(join(folder, '.env'), environmentText({ ...clean(before), LOG_LEVEL: 'debug' }))
  await run(
    '--host',
    'new.example.org:8443',
    '--client-id',
    '124',
    '--client-secret',
    '$odd "one"',
    '--tls',
    'internal',
  )
  const after = await read()
  for (const name of [
    'POSTGRES_PASSWORD',
    'TOKEN_ENCRYPTION_KEYS',
    'SESSION_KEYS',
    'OPERATOR_NATS_PASSWORD',
  ]) {
    t.equal(after[name], before[name], name)
  }
  t.match(after, {
    LOG_LEVEL: 'debug',
    PUBLIC_URL: 'https://new.example.org:8443',
    PUBLIC_HOST: 'new.example.org',
    CADDY_TLS: 'internal',
    STRAVA_CLIENT_SECRET: '$odd "one"',
  })
})

const clean = (values: NodeJS.Dict<string>) =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )

t.test('setup: behind a proxy, its addresses are trusted and nothing else', async (t) => {
  const { run, read } = await instance(t)
  const out = await run(...GIVEN, '--tls', 'proxy', '--proxy-addresses', '198.51.100.7')
  t.match(out, /127\.0\.0\.1:8080/)
  t.match(await read(), {
    CADDY_SITE: ':80',
    HTTP_BIND: '127.0.0.1',
    TRUST_PROXY: /^[\d./]+,198\.51\.100\.7$/,
  })
})

t.test('setup: names every fault at once, and writes nothing', async (t) => {
  const { folder, run } = await instance(t)
  await t.rejects(run('--host', 'https://x.example/', '--client-id', 'abc', '--tls', 'magic'), {
    name: 'CommandError',
    exitCode: 2,
    message:
      /--client-secret is missing; --host must be[^;]*; --client-id must be[^;]*; --tls must be one of/,
  })
  await t.rejects(run(...GIVEN, '--tls', 'files'), { message: /--certificates must name/ })
  await t.rejects(stat(join(folder, '.env')), { code: 'ENOENT' })
})

t.test('setup: asks at a terminal for what is missing', async (t) => {
  const answers = ['club.example.org', '123', ' a-secret ']
  const asked: string[] = []
  const ask = async (question: string) => {
    asked.push(question)
    return answers.shift() ?? ''
  }
  t.match(await setupAnswers({}, { ask, version: '1.2.3', user: '7:7' }), {
    host: 'club.example.org',
    clientSecret: 'a-secret',
    tls: 'acme',
    version: '1.2.3',
  })
  t.equal(asked.length, 3)
})

t.test('setup: an option of another command is refused', async (t) => {
  await t.rejects(runCommand(['quota', '--host', 'x'], {}), { exitCode: 2, message: /no option --host/ })
})
