import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ConfigurationError,
  type ConfigurationFault,
  decodeEnvFile,
  type Environment,
  findFaults,
  host,
  integer,
  loadConfig,
  mergeEnvironments,
  natsServers,
  natsSettings,
  nonEmpty,
  origin,
  postgresUrl,
  secret,
  text,
  url,
} from '@ikigai/chassis/config'
import { EnvironmentError, readEnvironment as readSimulatorEnvironment } from '@ikigai/simulator/environment'
import { serviceFaults } from './service-settings.ts'

/** A fixed port; 0 would let the system choose. */
const port = integer({ min: 1, max: 65_535 })

/** Settings of `npm start` itself. */
export const launchSettings = {
  ...natsSettings,
  DATABASE_URL: postgresUrl({ default: undefined }),
  NATS_URL: natsServers({
    default: undefined,
    requiredWhen: (values) => values['NATS_USER'] !== undefined || values['NATS_CREDS'] !== undefined,
    desc: 'credentials for NATS are',
  }),
  NATS_SERVER: text({ default: undefined }),
  HOST: host({ default: '127.0.0.1' }),
  PUBLIC_URL: origin({ default: undefined }),
  WEBHOOK_URL: origin({ default: undefined }),
  STRAVA_OAUTH_URL: url({ default: undefined }),
  GATEWAY_PORT: port({ default: 8080 }),
  GATEWAY_ADMIN_PORT: port({ default: 9080 }),
  INGEST_PORT: port({ default: 8081 }),
  INGEST_ADMIN_PORT: port({ default: 9081 }),
  AUTH_PORT: port({ default: 8082 }),
  AUTH_ADMIN_PORT: port({ default: 9082 }),
  FETCHER_ADMIN_PORT: port({ default: 9083 }),
  SIMULATOR_PORT: port({ default: 8090 }),
  POSTGRES_PORT: port({ default: undefined }),
  NATS_PORT: port({ default: undefined }),
  STRAVA_CLIENT_ID: text({
    default: undefined,
    requiredWhen: (values) => values['STRAVA_CLIENT_SECRET'] !== undefined,
    desc: 'STRAVA_CLIENT_SECRET is: a Strava application needs both, the simulator neither',
  }),
  STRAVA_CLIENT_SECRET: secret({
    default: undefined,
    requiredWhen: (values) => values['STRAVA_CLIENT_ID'] !== undefined,
    desc: 'STRAVA_CLIENT_ID is: a Strava application needs both, the simulator neither',
  }),
  IKIGAI_STATE_DIR: text({ default: undefined }),
}

/** Settings of the developer; `undefined` means the default. */
export interface LaunchConfig {
  readonly databaseUrl: string | undefined
  readonly natsUrl: readonly string[] | undefined
  readonly natsUser: string | undefined
  readonly natsPassword: string | undefined
  readonly natsCreds: string | undefined
  /** A nats-server program to start, if one is to be started. */
  readonly natsServer: string | undefined
  /** The interface that the services listen on: an address without brackets, or a name. */
  readonly host: string
  /** The gateway's origin as browsers see it. */
  readonly publicUrl: string | undefined
  /** ingest's origin as Strava sees it. */
  readonly webhookUrl: string | undefined
  /** Strava's OAuth, or that of what plays Strava, as browsers and auth reach it. */
  readonly stravaOauthUrl: string | undefined
  readonly gatewayPort: number
  readonly gatewayAdminPort: number
  readonly ingestPort: number
  readonly ingestAdminPort: number
  readonly authPort: number
  readonly authAdminPort: number
  readonly fetcherAdminPort: number
  readonly simulatorPort: number
  readonly postgresPort: number | undefined
  readonly natsPort: number | undefined
  /** Set: the real Strava, or what STRAVA_API_URL names; else the simulator. */
  readonly stravaClientId: string | undefined
  /** The folder for data, secrets and logs. */
  readonly ikigaiStateDir: string | undefined
}

/**
 * Reads the settings of `npm start`, and checks those of all services.
 *
 * @throws ConfigurationError with every fault of every service at once
 */
export function loadLaunchConfig(env: Environment): LaunchConfig {
  const faults = [
    ...findFaults(env, launchSettings),
    ...serviceFaults(env),
    ...(hasApplication(env) ? [] : [...strayStravaFaults(env), ...simulatorFaults(env)]),
  ]
  const different = new Map(faults.map((fault) => [`${fault.name} ${fault.problem}`, fault]))
  if (different.size > 0) throw new ConfigurationError([...different.values()])
  return loadConfig(env, launchSettings)
}

/** Whether a Strava application is configured, even incompletely. Otherwise the simulator is used. */
function hasApplication(env: Environment): boolean {
  const names = ['STRAVA_CLIENT_ID', 'STRAVA_CLIENT_SECRET', 'STRAVA_CLIENT_SECRET_FILE']
  return names.some((name) => nonEmpty(env[name]) !== undefined)
}

/** The first fault of the simulator's own variables. */
function simulatorFaults(env: Environment): readonly ConfigurationFault[] {
  try {
    // These two are decided here.
    readSimulatorEnvironment({ ...env, HOST: undefined, PORT: undefined })
    return []
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error
    const [, name = '', problem = ''] = /^(\S+) (.*)$/s.exec(error.message) ?? []
    return [{ name, problem }]
  }
}

/** Faults of URLs of the real Strava without an application: it does not accept the simulator's tokens. */
function strayStravaFaults(env: Environment): readonly ConfigurationFault[] {
  const stray = ['STRAVA_API_URL', 'STRAVA_OAUTH_URL'].filter((name) => isAtStrava(env[name]))
  return stray.map((name) => ({ name, problem: 'names the real Strava, but STRAVA_CLIENT_ID is not set' }))
}

function isAtStrava(url: string | undefined): boolean {
  return url !== undefined && URL.canParse(url) && /(^|\.)strava\.com$/.test(new URL(url).hostname)
}

/**
 * The environment, completed by the variables of `.env` in the folder, if it exists.
 *
 * @throws ConfigurationError when the file is there and cannot be read
 */
export function readEnvironment(rootDir: string, env: Environment): Environment {
  const file = join(rootDir, '.env')
  try {
    return mergeEnvironments(decodeEnvFile('.env', readFileSync(file)), env)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    if (error.code === 'ENOENT') return mergeEnvironments({}, env)
    throw new ConfigurationError([{ name: file, problem: `cannot be read (${error.code})` }])
  }
}
