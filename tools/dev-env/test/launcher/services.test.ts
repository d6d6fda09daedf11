import t from 'tap'
import { loadLaunchConfig } from '../../src/launcher/launch-config.ts'
import { loadSecrets } from '../../src/launcher/secrets.ts'
import {
  clientEnvironment,
  planServices,
  simulatorEnvironment,
  type World,
} from '../../src/launcher/services.ts'

async function worldOf(
  t: { testdir(): string },
  environment: Readonly<Record<string, string>>,
): Promise<World> {
  return {
    config: loadLaunchConfig(environment),
    environment,
    secrets: await loadSecrets(t.testdir()),
    database: { urlOf: (user) => `postgres://${user}@db/ikigai` },
    nats: {
      servers: ['nats://one', 'nats://two'],
      creds: undefined,
      credentialsOf: (user) => ({ user, password: `of ${user}` }),
    },
    strava: { STRAVA_CLIENT_ID: '1', STRAVA_CLIENT_SECRET: 's', STRAVA_API_URL: 'http://strava/api/v3' },
  }
}

t.test('each service gets what it needs, and no other’s secrets', async (t) => {
  const world = await worldOf(t, { PATH: '/bin', LOG_LEVEL: 'debug', AUTH_PORT: '7001' })
  const [auth, fetcher, ingest, gateway] = planServices(world)
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
  t.match(ingest?.env, { STRAVA_API_URL: 'http://strava/api/v3', STRAVA_WEBHOOK_SUBSCRIBE: 'true' })
  t.notOk('SESSION_KEYS' in (ingest?.env ?? {}))
})

t.test(
  'what the environment says counts before what was made up, and reaches only those that need it',
  async (t) => {
    const world = await worldOf(t, {
      SESSION_KEYS: 'own:abc',
      PUBLIC_URL: 'https://ikigai.example',
      EMPTY: '',
    })
    const [auth, fetcher] = planServices(world)
    t.match(auth?.env, { SESSION_KEYS: 'own:abc', PUBLIC_URL: 'https://ikigai.example' })
    t.notOk('SESSION_KEYS' in (fetcher?.env ?? {}))
    t.notOk('EMPTY' in (fetcher?.env ?? {}))
  },
)

t.test('simulator and clients are told how to join in', async (t) => {
  const world = await worldOf(t, {})
  t.match(simulatorEnvironment(world, { READ_LIMIT: '1,2' }), {
    PORT: '8090',
    READ_LIMIT: '1,2',
    STRAVA_CLIENT_ID: '1',
  })
  const client = clientEnvironment(world)
  t.match(client, { DATABASE_URL: 'postgres://operator@db/ikigai', NATS_USER: 'operator' })
  t.equal(client['STRAVA_WEBHOOK_SECRET'], world.secrets.webhookSecret)
})

t.test('the real Strava is asked to call only an address that was given', async (t) => {
  const subscribes = async (environment: Readonly<Record<string, string>>) => {
    const services = planServices(
      await worldOf(t, { STRAVA_CLIENT_ID: '1', STRAVA_CLIENT_SECRET: 's', ...environment }),
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
