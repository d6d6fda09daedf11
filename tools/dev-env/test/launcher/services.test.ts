import { findFaults, type Settings } from '@ikigai/chassis/config'
import t from 'tap'
import { addressesOf } from '../../src/launcher/addresses.ts'
import { loadLaunchConfig } from '../../src/launcher/launch-config.ts'
import { loadSecrets } from '../../src/launcher/secrets.ts'
import { SERVICE_SETTINGS, SERVICES } from '../../src/launcher/service-settings.ts'
import {
  clientEnvironment,
  planServices,
  type ServiceInputs,
  simulatorEnvironment,
} from '../../src/launcher/services.ts'

async function inputsOf(
  t: { testdir(): string },
  environment: Readonly<Record<string, string>>,
): Promise<ServiceInputs> {
  const config = loadLaunchConfig(environment)
  return {
    config,
    addresses: addressesOf(config),
    environment,
    rootDir: '/project',
    secrets: await loadSecrets(t.testdir()),
    database: { urlOf: (user) => `postgres://${user}@db/ikigai` },
    nats: {
      servers: ['nats://one', 'nats://two'],
      creds: undefined,
      credentialsOf: (user) => ({ user, password: `of ${user}` }),
    },
  }
}

t.test('services: each service gets what it needs, and no other’s secrets', async (t) => {
  const inputs = await inputsOf(t, { PATH: '/bin', LOG_LEVEL: 'debug', AUTH_PORT: '7001' })
  const [auth, fetcher, ingest, gateway] = planServices(inputs)
  t.match(auth, {
    readyUrl: 'http://127.0.0.1:9082/readyz',
    env: {
      PATH: '/bin',
      LOG_LEVEL: 'debug',
      PORT: '7001',
      ADMIN_PORT: '9082',
      DATABASE_URL: 'postgres://auth@db/ikigai',
      NATS_URL: 'nats://one,nats://two',
      NATS_USER: 'auth',
      NATS_PASSWORD: 'of auth',
    },
  })
  t.equal(gateway?.env['AUTH_URL'], 'http://127.0.0.1:7001')
  t.equal(gateway?.env['PUBLIC_URL'], 'http://localhost:8080')
  t.notOk('PORT' in (fetcher?.env ?? {}))
  for (const other of [fetcher, ingest, gateway]) {
    t.notOk('TOKEN_ENCRYPTION_KEYS' in (other?.env ?? {}), `${other?.name} cannot read the grants`)
    t.equal('STRAVA_CLIENT_SECRET' in (other?.env ?? {}), other === ingest, `${other?.name}, OAuth`)
  }
  t.match(ingest?.env, { STRAVA_API_URL: 'http://127.0.0.1:8090/api/v3', STRAVA_WEBHOOK_SUBSCRIBE: 'true' })
  t.notOk('SESSION_KEYS' in (ingest?.env ?? {}))
})

const SESSION_KEYS = `own:${Buffer.alloc(32, 7).toString('base64')}`

t.test(
  'services: what the environment says counts before what was made up, and reaches only those that need it',
  async (t) => {
    const inputs = await inputsOf(t, {
      SESSION_KEYS,
      PUBLIC_URL: 'https://ikigai.example',
      EMPTY: '',
    })
    const [auth, fetcher] = planServices(inputs)
    t.match(auth?.env, { SESSION_KEYS, PUBLIC_URL: 'https://ikigai.example' })
    t.notOk('SESSION_KEYS' in (fetcher?.env ?? {}))
    t.notOk('EMPTY' in (fetcher?.env ?? {}))
  },
)

t.test('services: simulator and clients are told how to join in', async (t) => {
  const inputs = await inputsOf(t, {})
  t.match(simulatorEnvironment(inputs, { READ_LIMIT: '1,2' }), {
    PORT: '8090',
    READ_LIMIT: '1,2',
    STRAVA_CLIENT_ID: '12345',
    CALLBACK_DOMAIN: 'localhost',
  })
  const client = clientEnvironment(inputs)
  t.match(client, { DATABASE_URL: 'postgres://operator@db/ikigai', NATS_USER: 'operator' })
  t.equal(client['STRAVA_WEBHOOK_SECRET'], inputs.secrets.webhookSecret)
})

t.test('services: the real Strava is asked to call only an address that was given', async (t) => {
  const subscribes = async (environment: Readonly<Record<string, string>>) => {
    const services = planServices(
      await inputsOf(t, { STRAVA_CLIENT_ID: '1', STRAVA_CLIENT_SECRET: 's', ...environment }),
    )
    return services.find(({ name }) => name === 'ingest')?.env['STRAVA_WEBHOOK_SUBSCRIBE']
  }
  t.equal(await subscribes({}), 'false')
  t.equal(await subscribes({ WEBHOOK_URL: 'https://ikigai.example' }), 'true')
  t.equal(
    await subscribes({ WEBHOOK_URL: 'https://ikigai.example', STRAVA_WEBHOOK_SUBSCRIBE: 'false' }),
    'false',
  )
})

const application = { STRAVA_CLIENT_ID: '1', STRAVA_CLIENT_SECRET_FILE: 'secrets/strava' }

t.test(
  'services: every setting that a service declares reaches it, and no service that does not declare it',
  async (t) => {
    const given: Record<string, string> = {
      SIGNUP_WAIT: '5s',
      TRUST_PROXY: '10.0.0.0/8',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      WEBHOOK_SOURCE_LIMIT: '10',
      STRAVA_READ_LIMIT: '10,100',
      STRAVA_OVERALL_LIMIT: '20,200',
      STRAVA_REVOKE_PATH: 'deauthorize',
      API_RATE_LIMIT: '5',
      CORS_ORIGINS: 'https://app.example',
      CACHE_MAX_AGE: '6d',
      ENRICH: 'false',
      JOB_LEASE: '20s',
      LOG_LEVEL: 'warn',
    }
    const plans = planServices(await inputsOf(t, given))
    for (const { name, env } of plans) {
      const settings: Settings = SERVICE_SETTINGS[SERVICES.find((service) => service === name) ?? 'auth']
      for (const [variable, value] of Object.entries(given))
        t.equal(env[variable], variable in settings ? value : undefined, `${name}, ${variable}`)
      t.same(findFaults(env, settings), [], `${name} can start with it`)
      t.equal(env['LOG_FORMAT'], 'json')
    }
  },
)

t.test('services: secrets in files are handed on as such, to the services that read them', async (t) => {
  const folder = t.testdir({ keys: `${SESSION_KEYS}\r\n`, strava: 'secret\n' })
  const inputs = await inputsOf(
    { testdir: () => folder },
    {
      ...application,
      STRAVA_CLIENT_SECRET_FILE: `${folder}/strava`,
      TOKEN_ENCRYPTION_KEYS_FILE: `${folder}/keys`,
      SESSION_KEYS_FILE: `${folder}/keys`,
    },
  )
  const [auth, fetcher, ingest, gateway] = planServices(inputs)
  t.match(auth?.env, {
    TOKEN_ENCRYPTION_KEYS_FILE: `${folder}/keys`,
    SESSION_KEYS_FILE: `${folder}/keys`,
    STRAVA_CLIENT_SECRET_FILE: `${folder}/strava`,
  })
  t.notOk('TOKEN_ENCRYPTION_KEYS' in (auth?.env ?? {}), 'nothing is made up beside it')
  t.same(findFaults(auth?.env ?? {}, SERVICE_SETTINGS.auth), [])
  for (const service of [fetcher, ingest, gateway])
    t.notOk('TOKEN_ENCRYPTION_KEYS_FILE' in (service?.env ?? {}), `${service?.name} is not told the file`)
  t.equal(clientEnvironment(inputs)['STRAVA_CLIENT_SECRET_FILE'], `${folder}/strava`)
  t.notOk('DATABASE_URL_FILE' in (auth?.env ?? {}))
})

t.test('secrets: those of the stores may come from files, and services get the contents', async (t) => {
  const folder = t.testdir({ url: 'postgres://owner@db/ikigai\n', password: 'p' })
  const environment = {
    DATABASE_URL_FILE: `${folder}/url`,
    NATS_URL: 'nats://host',
    NATS_USER: 'u',
    NATS_PASSWORD_FILE: `${folder}/password`,
  }
  const inputs = await inputsOf({ testdir: () => folder }, environment)
  t.match(inputs.config, { databaseUrl: 'postgres://owner@db/ikigai', natsPassword: 'p' })
  for (const { name, env } of planServices(inputs)) {
    t.equal(env['DATABASE_URL'], `postgres://${name}@db/ikigai`)
    t.notOk('DATABASE_URL_FILE' in env || 'NATS_PASSWORD_FILE' in env, 'not by file a second time')
  }
})

t.test('services: a relative path of a secret starts at the project, wherever the reader runs', async (t) => {
  const config = loadLaunchConfig({})
  const inputs = { ...(await inputsOf(t, {})), config, environment: { SESSION_KEYS_FILE: 'secrets/my keys' } }
  const gateway = planServices(inputs).find(({ name }) => name === 'gateway')
  t.equal(gateway?.env['SESSION_KEYS_FILE'], '/project/secrets/my keys')
})

t.test('services: services are asked, and ask each other, where they listen', async (t) => {
  const hosts = {
    '127.0.0.2': '127.0.0.2',
    '::1': '[::1]',
    '[::1]': '[::1]',
    '0.0.0.0': '127.0.0.1',
    '::': '[::1]',
    localhost: 'localhost',
  }
  for (const [host, reached] of Object.entries(hosts)) {
    const inputs = await inputsOf(t, { HOST: host })
    const plans = planServices(inputs)
    const [auth, , ingest, gateway] = plans
    t.equal(auth?.readyUrl, `http://${reached}:9082/readyz`)
    t.equal(auth?.env['HOST'], host.replaceAll(/[[\]]/g, ''))
    t.equal(gateway?.env['AUTH_URL'], `http://${reached}:8082`)
    t.equal(ingest?.env['WEBHOOK_URL'], `http://${reached}:8081`)
    t.equal(ingest?.env['STRAVA_API_URL'], `http://${reached}:8090/api/v3`)
    for (const { name, env } of plans) {
      const settings: Settings = SERVICE_SETTINGS[SERVICES.find((service) => service === name) ?? 'auth']
      t.same(findFaults(env, settings), [], `${name} takes HOST=${host}`)
    }
  }
})

t.test(
  'services: the simulator is where PUBLIC_URL is, for browsers, unless STRAVA_OAUTH_URL says otherwise',
  async (t) => {
    const oauthUrl = async (environment: Readonly<Record<string, string>>) => {
      const inputs = await inputsOf(t, { HOST: '0.0.0.0', ...environment })
      t.equal(
        simulatorEnvironment(inputs, {})['CALLBACK_DOMAIN'],
        new URL(inputs.addresses.publicUrl).hostname,
        'it leads back there',
      )
      return planServices(inputs).find(({ name }) => name === 'auth')?.env['STRAVA_OAUTH_URL']
    }
    t.equal(await oauthUrl({}), 'http://127.0.0.1:8090/oauth')
    t.equal(await oauthUrl({ PUBLIC_URL: 'http://192.168.1.20:8080' }), 'http://192.168.1.20:8090/oauth')
    const given = {
      PUBLIC_URL: 'https://demo.example',
      STRAVA_OAUTH_URL: 'https://strava.demo.example/oauth',
    }
    t.equal(await oauthUrl(given), 'https://strava.demo.example/oauth')
  },
)

t.test('services: the simulator keeps what its own variables say', async (t) => {
  const inputs = await inputsOf(t, { READ_LIMIT: '7,70', SEED: '9', LOG_LEVEL: 'error', HOST: '[::1]' })
  t.match(simulatorEnvironment(inputs, { READ_LIMIT: '1,2', OVERALL_LIMIT: '3,4' }), {
    READ_LIMIT: '7,70',
    OVERALL_LIMIT: '3,4',
    SEED: '9',
    LOG_LEVEL: 'error',
    HOST: '::1',
  })
})
