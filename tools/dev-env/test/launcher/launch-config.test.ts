import { writeFile } from 'node:fs/promises'
import { ConfigurationError, type ConfigurationFault, type Environment } from '@ikigai/chassis/config'
import t from 'tap'
import { loadLaunchConfig, readEnvironment } from '../../src/launcher/launch-config.ts'

t.test('launch config: without any setting there are defaults', async (t) => {
  const config = loadLaunchConfig({})
  t.match(config, { host: '127.0.0.1', gatewayPort: 8080, simulatorPort: 8090 })
  t.same(
    [config.databaseUrl, config.natsUrl, config.postgresPort, config.stravaClientId],
    Array(4).fill(undefined),
  )
})

function faultsOf(env: Environment): readonly ConfigurationFault[] {
  try {
    loadLaunchConfig(env)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults
    throw error
  }
  return []
}

const namesOf = (env: Environment) => faultsOf(env).map(({ name }) => name)

t.test('launch config: all faults of all services are named at once, each once', async (t) => {
  const env = {
    GATEWAY_PORT: '80x',
    DATABASE_URL: 'mysql://x',
    STRAVA_CLIENT_ID: '7',
    SIGNUP_WAIT: 'soon',
    ENRICH: 'perhaps',
    STRAVA_READ_LIMIT: '0',
    CORS_ORIGINS: 'app.example',
    TRUST_PROXY: 'everybody',
    SESSION_KEYS: 'short',
    LOG_LEVEL: 'loud',
    LOG_FORMAT: 'xml',
    STRAVA_WEBHOOK_SIGNATURE: 'require',
    TOKEN_ENCRYPTION_KEYS_FILE: '/does/not/exist',
  }
  const expected = Object.keys(env).map((name) => name.replace(/_FILE$/, ''))
  const names = expected.map((name) =>
    name === 'STRAVA_CLIENT_ID'
      ? 'STRAVA_CLIENT_SECRET'
      : name === 'STRAVA_WEBHOOK_SIGNATURE'
        ? 'STRAVA_WEBHOOK_SIGNING_KEY'
        : name,
  )
  t.same(namesOf(env).sort(), names.sort())
})

t.test('launch config: a port must be known before anything listens there', async (t) => {
  t.same(namesOf({ AUTH_PORT: '0', GATEWAY_ADMIN_PORT: '65536' }).sort(), ['AUTH_PORT', 'GATEWAY_ADMIN_PORT'])
})

t.test('launch config: variables that only services without a launcher read are no fault', async (t) => {
  t.same(faultsOf({ PORT: 'http', ADMIN_PORT: 'x', SIGNUP_WAIT: ' ', STRAVA_CLIENT_ID: '' }), [])
})

t.test('launch config: half a Strava application is a fault, and no simulator', async (t) => {
  const folder = t.testdir({ secret: 's' })
  t.match(faultsOf({ STRAVA_CLIENT_ID: '7' }), [
    { name: 'STRAVA_CLIENT_SECRET', problem: /is not set, but STRAVA_CLIENT_ID is/ },
  ])
  t.match(faultsOf({ STRAVA_CLIENT_SECRET: 's' }), [
    { name: 'STRAVA_CLIENT_ID', problem: /is not set, but STRAVA_CLIENT_SECRET is/ },
  ])
  t.same(namesOf({ STRAVA_CLIENT_SECRET_FILE: `${folder}/secret` }), ['STRAVA_CLIENT_ID'])
  t.same(namesOf({ STRAVA_CLIENT_ID: '7', STRAVA_CLIENT_SECRET_FILE: folder }), ['STRAVA_CLIENT_SECRET'])
  t.same(faultsOf({ STRAVA_CLIENT_ID: '7', STRAVA_CLIENT_SECRET_FILE: `${folder}/secret` }), [])
  t.same(namesOf({ STRAVA_API_URL: 'https://www.strava.com/api/v3' }), ['STRAVA_API_URL'])
  t.same(faultsOf({ STRAVA_OAUTH_URL: 'http://192.168.1.20:8090/oauth' }), [])
})

t.test('settings: the simulator’s are checked only when it plays Strava', async (t) => {
  t.match(faultsOf({ READ_LIMIT: '10', GATEWAY_PORT: 'x' }), [
    { name: 'GATEWAY_PORT' },
    { name: 'READ_LIMIT', problem: /is "10", not/ },
  ])
  t.same(faultsOf({ READ_LIMIT: '10', STRAVA_CLIENT_ID: '7', STRAVA_CLIENT_SECRET: 's' }), [])
})

t.test('launch config: credentials for NATS belong to a server that is named', async (t) => {
  t.same(namesOf({ NATS_USER: 'u', NATS_PASSWORD: 'p' }), ['NATS_URL'])
  t.same(namesOf({ NATS_URL: 'nats://host', NATS_USER: 'u' }), ['NATS_PASSWORD'])
})

t.test('launch config: HOST is an address in any form, or a name, and nothing else', async (t) => {
  for (const host of ['::1', '[::1]', '127.0.0.2', '0.0.0.0', '::', 'localhost', 'my-host.local'])
    t.same(faultsOf({ HOST: host }), [], host)
  for (const host of ['127.0.0.1:8080', 'http://localhost', '[127.0.0.1]', 'fe80::1%eth0', '999.1.1.1', '*'])
    t.same(namesOf({ HOST: host }), ['HOST'], host)
})

t.test('launch config: .env counts where the environment says nothing', async (t) => {
  const folder = t.testdir({ '.env': 'A=file\nB="also file"\n# C=comment\nD=file\n' })
  t.same(readEnvironment(folder, { A: 'given', D: '' }), { A: 'given', B: 'also file', D: 'file' })
  t.same(readEnvironment(t.testdir(), { A: 'given' }), { A: 'given' })
})

t.test('launch config: .env may come from any editor, and the folder’s name may hold spaces', async (t) => {
  const content = '\uFEFFA=1\r\nexport B="two words"\r\n\r\nC=\'x#y\' # why\r\nD = spaced \r\n'
  const root = t.testdir({ 'a folder': { '.env': content } })
  t.same(readEnvironment(`${root}/a folder`, {}), { A: '1', B: 'two words', C: 'x#y', D: 'spaced' })
})

t.test('launch config: a .env that cannot be used is a fault of the configuration', async (t) => {
  t.throws(() => readEnvironment(t.testdir({ '.env': {} }), {}), {
    name: 'ConfigurationError',
    message: /\.env cannot be read \(EISDIR\)/,
  })
  const folder = t.testdir()
  await writeFile(`${folder}/.env`, Buffer.from('\uFEFFA=1\r\n', 'utf16le'))
  t.throws(() => readEnvironment(folder, {}), {
    name: 'ConfigurationError',
    message: /\.env is not UTF-8 text/,
  })
})
