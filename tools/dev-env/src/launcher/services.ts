import type { Environment } from '@ikigai/config'
import type { DatabaseAccess, NatsAccess, StoreUser } from './infrastructure.ts'
import type { LaunchConfig } from './launch-config.ts'
import type { Secrets } from './secrets.ts'

/** One of our programs, and what it is given. */
export interface ServicePlan {
  readonly name: string
  /** Its folder in the project. */
  readonly packageDir: string
  /** Answers 200 once it works. */
  readonly readyUrl: string
  readonly env: Readonly<Record<string, string>>
}

/** What the services are told of the world. */
export interface World {
  readonly config: LaunchConfig
  /** The environment of this process over the file `.env`. */
  readonly environment: Environment
  readonly secrets: Secrets
  readonly database: DatabaseAccess
  readonly nats: NatsAccess
  /** What names Strava, or the simulator in its place. */
  readonly strava: Readonly<Record<string, string>>
}

const NATS = ['NATS_URL', 'NATS_USER', 'NATS_PASSWORD', 'NATS_CREDS']
const STORES = ['DATABASE_URL', ...NATS]
const STRAVA_LIMITS = ['STRAVA_READ_LIMIT', 'STRAVA_OVERALL_LIMIT']
const STRAVA_APPLICATION = ['STRAVA_CLIENT_ID', 'STRAVA_CLIENT_SECRET']
const STRAVA_OAUTH = ['STRAVA_OAUTH_URL', 'STRAVA_REVOKE_PATH']
const WEBHOOK = ['WEBHOOK_URL', 'STRAVA_WEBHOOK_VERIFY_TOKEN', 'STRAVA_WEBHOOK_SECRET']

/** Which variables go to which service: each gets what it needs, and no other's secrets. */
const VARIABLES = {
  auth: [
    ...STORES,
    'PUBLIC_URL',
    'SESSION_KEYS',
    'TOKEN_ENCRYPTION_KEYS',
    'GRANT_GRACE_PERIOD',
    ...STRAVA_APPLICATION,
    ...STRAVA_OAUTH,
  ],
  fetcher: [...STORES, 'CACHE_MAX_AGE', 'ENRICH', 'JOB_LEASE', 'STRAVA_API_URL', ...STRAVA_LIMITS],
  ingest: [
    ...STORES,
    ...WEBHOOK,
    ...STRAVA_APPLICATION,
    ...STRAVA_OAUTH,
    'STRAVA_API_URL',
    'STRAVA_WEBHOOK_SUBSCRIBE',
    'STRAVA_WEBHOOK_SIGNING_KEY',
    'STRAVA_WEBHOOK_SIGNATURE',
  ],
  gateway: [
    ...STORES,
    'PUBLIC_URL',
    'AUTH_URL',
    'SESSION_KEYS',
    'CACHE_MAX_AGE',
    'API_RATE_LIMIT',
    'CORS_ORIGINS',
    'TRUST_PROXY',
  ],
}

/** The services in the order in which they start. */
export function planServices(world: World): readonly ServicePlan[] {
  const { config } = world
  const ports = {
    auth: { PORT: config.authPort, ADMIN_PORT: config.authAdminPort },
    fetcher: { ADMIN_PORT: config.fetcherAdminPort },
    ingest: { PORT: config.ingestPort, ADMIN_PORT: config.ingestAdminPort },
    gateway: { PORT: config.gatewayPort, ADMIN_PORT: config.gatewayAdminPort },
  }
  const names = ['auth', 'fetcher', 'ingest', 'gateway'] as const
  return names.map((name) => {
    const all = variables(world, name)
    return {
      name,
      packageDir: `services/${name}`,
      readyUrl: `http://127.0.0.1:${ports[name].ADMIN_PORT}/readyz`,
      env: withoutUnset({
        ...plainEnvironment(world.environment, all),
        ...Object.fromEntries(VARIABLES[name].map((variable) => [variable, all[variable]])),
        HOST: config.host,
        ...Object.fromEntries(
          Object.entries(ports[name]).map(([variable, port]) => [variable, String(port)]),
        ),
      }),
    }
  })
}

/** The environment of the simulator. */
export function simulatorEnvironment(
  world: World,
  limits: Readonly<Record<string, string>>,
): Record<string, string> {
  const all = variables(world, 'operator')
  return withoutUnset({
    ...plainEnvironment(world.environment, all),
    ...limits,
    STRAVA_CLIENT_ID: all['STRAVA_CLIENT_ID'],
    STRAVA_CLIENT_SECRET: all['STRAVA_CLIENT_SECRET'],
    HOST: world.config.host,
    PORT: String(world.config.simulatorPort),
  })
}

/** What another program, the operator's command line for example, needs to join in. */
export function clientEnvironment(world: World): Record<string, string> {
  const all = variables(world, 'operator')
  return withoutUnset(
    Object.fromEntries(
      [...STORES, ...STRAVA_APPLICATION, 'STRAVA_API_URL', ...WEBHOOK].map((name) => [name, all[name]]),
    ),
  )
}

/** Every variable of the configuration, for one user of the stores; what the environment says counts before what was made up. */
function variables(world: World, user: StoreUser): Readonly<Record<string, string | undefined>> {
  const { config, environment, secrets, nats } = world
  const names = [...Object.values(VARIABLES).flat()]
  const given = Object.fromEntries(names.map((name) => [name, environment[name]]))
  const madeUp = {
    PUBLIC_URL: `http://localhost:${config.gatewayPort}`,
    WEBHOOK_URL: `http://127.0.0.1:${config.ingestPort}`,
    AUTH_URL: `http://127.0.0.1:${config.authPort}`,
    TOKEN_ENCRYPTION_KEYS: secrets.tokenEncryptionKeys,
    SESSION_KEYS: secrets.sessionKeys,
    STRAVA_WEBHOOK_VERIFY_TOKEN: secrets.webhookVerifyToken,
    STRAVA_WEBHOOK_SECRET: secrets.webhookSecret,
    STRAVA_WEBHOOK_SUBSCRIBE: String(isReachableByStrava(world)),
  }
  const credentials = nats.credentialsOf(user)
  const decided = {
    ...world.strava,
    DATABASE_URL: world.database.urlOf(user),
    NATS_URL: nats.servers.join(','),
    NATS_USER: credentials.user,
    NATS_PASSWORD: credentials.password,
    NATS_CREDS: nats.creds,
  }
  return { ...madeUp, ...withoutUnset(given), ...decided }
}

/** The real Strava cannot call an address that was made up here, and asking it to would end the subscription there is. */
const isReachableByStrava = ({ config, environment }: World): boolean =>
  config.stravaClientId === undefined || (environment['WEBHOOK_URL'] ?? '') !== ''

/** The environment without the variables of the configuration, which are handed out one by one. */
function plainEnvironment(environment: Environment, all: Readonly<Record<string, unknown>>): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !(name in all) && !(name.replace(/_FILE$/, '') in all)),
  )
}

function withoutUnset(env: Environment): Record<string, string> {
  const set: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) if (value !== undefined && value !== '') set[name] = value
  return set
}
