import { randomBytes } from 'node:crypto'
import t from 'tap'
import {
  adminSettings,
  ConfigurationError,
  type ConfigurationFault,
  cacheSettings,
  databaseSettings,
  describeConfig,
  type Environment,
  findFaults,
  grantSettings,
  httpSettings,
  keyRing,
  loadConfig,
  logSettings,
  natsSettings,
  postgresUrl,
  publicUrlSettings,
  type Settings,
  secret,
  sessionSettings,
  stravaApiSettings,
  stravaApplicationSettings,
  stravaLimitSettings,
  stravaOauthSettings,
  text,
  webhookSettings,
} from '../../src/config/index.ts'

const everySetting = {
  ...logSettings,
  ...databaseSettings,
  ...natsSettings,
  ...httpSettings({ port: 8080, adminPort: 9080 }),
  ...publicUrlSettings,
  ...sessionSettings,
  ...grantSettings,
  ...stravaApplicationSettings,
  ...stravaOauthSettings,
  ...stravaApiSettings,
  ...stravaLimitSettings,
  ...webhookSettings,
  ...cacheSettings,
}

const keyText = () => randomBytes(32).toString('base64')

const secrets = {
  DATABASE_URL: 'postgres://ikigai:hunter2@db:5432/ikigai',
  NATS_URL: 'nats://ikigai:hunter2@nats:4222',
  NATS_PASSWORD: 'nats-password',
  STRAVA_CLIENT_SECRET: 'client-secret',
  STRAVA_WEBHOOK_VERIFY_TOKEN: 'verify-token',
  STRAVA_WEBHOOK_SECRET: 'webhook-secret-segment',
  SESSION_KEYS: `s1:${keyText()}`,
  TOKEN_ENCRYPTION_KEYS: `k2:${keyText()},k1:${keyText()}`,
}

const validEnv = {
  ...secrets,
  NATS_USER: 'gateway',
  PUBLIC_URL: 'https://ikigai.example',
  WEBHOOK_URL: 'https://hooks.ikigai.example/',
  STRAVA_CLIENT_ID: '4711',
}

function faultsOf(env: Environment, settings: Settings): readonly ConfigurationFault[] {
  try {
    loadConfig(env, settings)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults
    throw error
  }
  return []
}

t.test('load config: a full environment becomes a typed, frozen object in camel case', async (t) => {
  const config = loadConfig(validEnv, everySetting)
  const types: {
    readonly databaseUrl: string
    readonly natsUrl: readonly string[]
    readonly natsCreds: string | undefined
    readonly port: number
    readonly cacheMaxAge: number
    readonly stravaReadLimit: { readonly quarterHour: number; readonly day: number }
    readonly stravaRevokePath: 'revoke' | 'deauthorize'
  } = config
  t.match(types, {
    databaseUrl: secrets.DATABASE_URL,
    natsUrl: [secrets.NATS_URL],
    natsCreds: undefined,
    port: 8080,
    cacheMaxAge: 604_800_000,
    stravaReadLimit: { quarterHour: 100, day: 1_000 },
    stravaRevokePath: 'revoke',
  })
  t.match(config, {
    host: '127.0.0.1',
    adminPort: 9080,
    logLevel: 'info',
    publicUrl: 'https://ikigai.example',
    webhookUrl: 'https://hooks.ikigai.example',
    stravaApiUrl: 'https://www.strava.com/api/v3',
    stravaOauthUrl: 'https://www.strava.com/oauth',
    stravaOverallLimit: { quarterHour: 200, day: 2_000 },
  })
  t.same(
    config.tokenEncryptionKeys.map(({ id, key }) => [id, key.length]),
    [
      ['k2', 32],
      ['k1', 32],
    ],
  )
  t.equal(config.otelExporterOtlpEndpoint, undefined)
  t.ok(Object.isFrozen(config))
})

t.test('load config: every fault is listed at once, for a person to read', async (t) => {
  t.throws(
    () =>
      loadConfig(
        { PORT: 'http', HOST: '0.0.0.0' },
        { ...httpSettings({ port: 1, adminPort: 2 }), ...databaseSettings, ...publicUrlSettings },
      ),
    new ConfigurationError([
      { name: 'PORT', problem: 'must be an integer from 0 to 65535' },
      { name: 'DATABASE_URL', problem: 'is not set' },
      { name: 'PUBLIC_URL', problem: 'is not set' },
    ]),
  )
  t.equal(
    new ConfigurationError([{ name: 'PORT', problem: 'is not set' }]).message,
    'The configuration has 1 fault:\n  PORT is not set',
  )
  const needed = faultsOf({}, everySetting).map(({ name }) => name)
  t.same(needed.sort(), [
    'DATABASE_URL',
    'NATS_URL',
    'PUBLIC_URL',
    'SESSION_KEYS',
    'STRAVA_CLIENT_ID',
    'STRAVA_CLIENT_SECRET',
    'STRAVA_WEBHOOK_SECRET',
    'STRAVA_WEBHOOK_VERIFY_TOKEN',
    'TOKEN_ENCRYPTION_KEYS',
    'WEBHOOK_URL',
  ])
})

t.test('load config: an empty or blank variable counts as not set', async (t) => {
  const config = loadConfig({ HOST: '', ADMIN_PORT: '  ' }, adminSettings({ adminPort: 9083 }))
  t.same(config, { host: '127.0.0.1', adminPort: 9083 })
  t.match(faultsOf({ DATABASE_URL: '' }, databaseSettings), [{ problem: 'is not set' }])
})

t.test('load config: NATS_USER and NATS_PASSWORD come together', async (t) => {
  const servers = { NATS_URL: 'nats://127.0.0.1:4222' }
  t.match(faultsOf({ ...servers, NATS_USER: 'gateway' }, natsSettings), [
    { name: 'NATS_PASSWORD', problem: 'is not set, but NATS_USER is' },
  ])
  t.match(faultsOf({ ...servers, NATS_PASSWORD: 'x' }, natsSettings), [
    { name: 'NATS_USER', problem: 'is not set, but NATS_PASSWORD is' },
  ])
})

t.test('load config: a secret may come from a file', async (t) => {
  const folder = t.testdir({
    database: `${secrets.DATABASE_URL}\n`,
    windows: `\uFEFF${secrets.DATABASE_URL}\r\n`,
    empty: '\n',
  })
  const fromFile = loadConfig({ DATABASE_URL_FILE: `${folder}/database` }, databaseSettings)
  t.equal(fromFile.databaseUrl, secrets.DATABASE_URL)
  t.equal(
    loadConfig({ DATABASE_URL_FILE: `${folder}/windows` }, databaseSettings).databaseUrl,
    secrets.DATABASE_URL,
    'with a byte order mark and CRLF',
  )
  t.equal(describeConfig(fromFile)['databaseUrl'], 'configured')

  const problemOf = (env: Environment) => faultsOf(env, databaseSettings)
  t.same(problemOf({ DATABASE_URL_FILE: `${folder}/none` }), [
    { name: 'DATABASE_URL', problem: 'DATABASE_URL_FILE names a file that does not exist' },
  ])
  t.match(problemOf({ DATABASE_URL_FILE: folder }), [{ problem: /names a file that is a directory/ }])
  t.same(problemOf({ DATABASE_URL_FILE: `${folder}/empty` }), [
    { name: 'DATABASE_URL', problem: 'DATABASE_URL_FILE names a file that is empty' },
  ])
  t.same(problemOf({ DATABASE_URL: secrets.DATABASE_URL, DATABASE_URL_FILE: `${folder}/database` }), [
    { name: 'DATABASE_URL', problem: 'is set twice: here and by DATABASE_URL_FILE' },
  ])
  t.equal(
    loadConfig({ HOST_FILE: `${folder}/database` }, adminSettings({ adminPort: 1 })).host,
    '127.0.0.1',
    'what is no secret comes from no file',
  )
})

t.test('load config: the description shows no secret', async (t) => {
  const config = loadConfig(validEnv, everySetting)
  const description = describeConfig(config)
  t.match(description, { publicUrl: 'https://ikigai.example', port: 8080, sessionKeys: 'configured' })
  const shown = JSON.stringify(description)
  for (const value of Object.values(secrets)) t.notOk(shown.includes(value))
  t.notOk(shown.includes('hunter2'))
  t.same(describeConfig({ any: 'other object' }), {})
})

t.test('load config: no fault repeats the value that it is about', async (t) => {
  const marker = 'mArKeR'
  const env = Object.fromEntries(Object.keys(everySetting).map((name) => [name, `${marker}:${marker}://@,`]))
  const faults = faultsOf(env, everySetting)
  t.ok(faults.length >= 15)
  t.notOk(new ConfigurationError(faults).message.includes(marker))
})

t.test('load config: a secret of the demo is a fault wherever it stands, unless it is allowed', async (t) => {
  const settings = { DATABASE_URL: postgresUrl(), SESSION_KEYS: keyRing(), TOKEN: secret(), NAME: text() }
  const key = Buffer.from('development-only-session-key-32b').toString('base64')
  const env = {
    DATABASE_URL: 'postgres://u:development-only@host/db',
    SESSION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')},development-only:${key}`,
    TOKEN: 'development-only-webhook-secret',
    NAME: 'development-only',
  }
  const faults = findFaults(env, settings)
  t.strictSame(
    faults.map(({ name }) => name),
    ['DATABASE_URL', 'SESSION_KEYS', 'TOKEN'],
  )
  t.ok(faults.every(({ problem }) => problem.includes('public secret')))
  t.strictSame(findFaults({ ...env, ALLOW_DEVELOPMENT_SECRETS: 'true' }, settings), [])
})
