import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { programArguments, type TestContext, testNats } from '@ikigai/testkit'
import { pino } from 'pino'
import t from 'tap'
import { connectBus, JetStreamUnfitError, natsConfig, provision, quoted } from '../src/index.ts'
import { storageExplained } from '../src/jetstream-fitness.ts'

const run = promisify(execFile)
const logger = pino({ level: 'silent' })

const PASSWORDS = [
  '9e1f0a',
  '1',
  '7k',
  '0x1f',
  '1e9',
  'true',
  '$HOME',
  '$2b',
  'a\'b"c\\d`e',
  'a/b?c#d@e:f%g&h=i,j;k{l}m[n]',
  ' at its ends ',
  'tab\tand\u0001\u0085',
  'pässwörd 密码 🚴',
  '# no comment',
  '// no comment',
  'include ./x',
  randomBytes(32).toString('base64'),
  randomBytes(16).toString('hex'),
]

async function configFile(t: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ikigai-nats-config-'))
  const file = join(folder, 'nats.conf')
  await writeFile(file, text)
  await mkdir(join(folder, 'teams'))
  await writeFile(join(folder, 'teams', 'teams.conf'), '')
  t.teardown(() => rm(folder, { recursive: true }))
  return file
}

t.test('nats: any password, quoted in the configuration, percent-encoded in the address', async (t) => {
  for (const password of PASSWORDS) {
    const file = await configFile(t, natsConfig({ password: () => quoted(password) }))
    const { url } = await testNats(t, { configFile: file })
    const address = url.replace('//', `//auth:${encodeURIComponent(password)}@`)
    for (const access of [{ servers: [address] }, { servers: [url], user: 'auth', password }]) {
      const bus = await connectBus({ ...access, name: 'test', logger })
      await t.resolves(bus.ping(), JSON.stringify(password))
      await bus.close()
    }
  }
})

const VARIABLES = ['GATEWAY', 'AUTH', 'INGEST', 'FETCHER', 'OPERATOR'].map((user) => `${user}_NATS_PASSWORD`)
const program = programArguments(new URL('../src/main.ts', import.meta.url))
const { PATH } = process.env

t.test('nats: the program writes the configuration with the passwords of its environment', async (t) => {
  const environment = Object.fromEntries(VARIABLES.map((name, n) => [name, `${n}e1f"$x`]))
  const { stdout } = await run(process.execPath, program, { env: { PATH, ...environment } })
  const { url } = await testNats(t, { configFile: await configFile(t, stdout) })
  const bus = await connectBus({ servers: [url], user: 'fetcher', password: '3e1f"$x', name: 'test', logger })
  t.teardown(() => bus.close())
  await t.resolves(provision(bus))
})

t.test('nats: the program names every fault, and no password', async (t) => {
  const faulty = { PATH, AUTH_NATS_PASSWORD: '$2a$Sesame7', OPERATOR_NATS_PASSWORD: 'Sesame8' }
  const error: unknown = await run(process.execPath, program, { env: faulty }).catch(
    (error: unknown) => error,
  )
  t.match(error, { code: 78, stderr: /AUTH_NATS_PASSWORD begins like a bcrypt hash/ })
  t.match(error, { stderr: /INGEST_NATS_PASSWORD is not set/ })
  t.notMatch(error, { stderr: /Sesame/ })
})

t.test('nats: an IPv6 address, with and without credentials', async (t) => {
  const { url } = await testNats(t, { user: 'u', password: 'p@/' })
  const { hostname, port } = new URL(url)
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => {})
    client.on('close', () => upstream.destroy())
  })
  await once(server.listen(0, '::1'), 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const host = `[::1]:${address.port}`
  for (const access of [
    { servers: [`nats://u:p%40%2F@${host}`] },
    { servers: [`u:p%40%2F@${host}`] },
    { servers: [`nats://${host}`], user: 'u', password: 'p@/' },
    { servers: [host], user: 'u', password: 'p@/' },
  ]) {
    const bus = await connectBus({ ...access, name: 'test', logger })
    await t.resolves(bus.ping(), access.servers.join())
    await bus.close()
  }
})

t.test('nats: an address that cannot be read is refused without a piece of it', async (t) => {
  const secret = 'Sesame7'
  for (const server of [
    `nats://u:${secret}/x@host`,
    `nats://u:${secret}#x@host:4222`,
    `nats://u:${secret}%zz@host`,
    `http://u:${secret}@host`,
    `nats://u:${secret}@host:port`,
    `u:${secret}@[::1`,
  ]) {
    const error: unknown = await connectBus({ servers: [server], name: 'test', logger }).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (!(error instanceof Error)) throw new Error(`${server} is taken`)
    t.equal(error.name, 'AddressError')
    t.notMatch(`${error.message} ${error.stack} ${JSON.stringify(error)}`, secret)
  }
})

/** What `provision` says of a server that is configured so. */
async function refusal(t: TestContext, config: string): Promise<string> {
  const { url } = await testNats(t, { configFile: await configFile(t, config) })
  const bus = await connectBus({ servers: [url], name: 'test', logger })
  t.teardown(() => bus.close())
  const error: unknown = await provision(bus).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (error instanceof JetStreamUnfitError) return error.sentence
  throw new Error('not refused', { cause: error })
}

const user = 'users: [{ user: a, password: a }]'

t.test('nats: no JetStream for the account', async (t) => {
  const config = `accounts { A { ${user} } }\nno_auth_user: a`
  t.match(await refusal(t, config), /NATS answers, and has no JetStream for this user/)
})

t.test('nats: too little storage for the account', async (t) => {
  const config = `accounts { A { jetstream { max_mem: 1M, max_file: 20M }, ${user} } }\nno_auth_user: a`
  t.match(await refusal(t, config), /The streams need \d+ MB .* may have 19 MB: raise its max_file/)
})

t.test('nats: too little storage at the server for what a stream reserves', async (t) => {
  const config = 'jetstream { max_mem: 1M, max_file: 10M }'
  const { url } = await testNats(t, { configFile: await configFile(t, config) })
  const bus = await connectBus({ servers: [url], name: 'test', logger })
  t.teardown(() => bus.close())
  const jsm = await bus.nc.jetstreamManager()
  const stream = { name: 'LARGE', subjects: ['large.>'], max_bytes: 100 * 2 ** 20 }
  const error: unknown = await jsm.streams.add(stream).catch((error: unknown) => error)
  t.match(storageExplained(error, stream), {
    name: 'JetStreamUnfitError',
    sentence: /too little storage for the stream LARGE, which needs 100 MB/,
  })
})

t.test('nats: the file in deploy/, with passwords in quotes in the environment', async (t) => {
  const password = '9e1f04 $x #y'
  for (const name of VARIABLES) process.env[name] = `"${password}"`
  const text = await readFile(new URL('../../../deploy/nats.conf', import.meta.url), 'utf8')
  const { url } = await testNats(t, { configFile: await configFile(t, text) }).finally(() => {
    for (const name of VARIABLES) delete process.env[name]
  })
  const bus = await connectBus({ servers: [url], user: 'auth', password, name: 'test', logger })
  t.teardown(() => bus.close())
  await t.resolves(bus.ping())
})

t.test('nats: no JetStream at the server', async (t) => {
  const { url } = await testNats(t, { jetStream: false })
  const bus = await connectBus({ servers: [url], name: 'test', logger })
  t.teardown(() => bus.close())
  await t.rejects(provision(bus), {
    name: 'JetStreamUnfitError',
    sentence: /start nats-server with --jetstream/,
  })
})
