import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import {
  type Environment,
  loadConfig,
  natsServers,
  origin,
  port,
  postgresUrl,
  secret,
  text,
} from '@ikigai/config'

const settings = {
  DATABASE_URL: postgresUrl({ default: undefined }),
  NATS_URL: natsServers({ default: undefined }),
  NATS_USER: text({ default: undefined }),
  NATS_PASSWORD: secret({ default: undefined }),
  NATS_CREDS: secret({ default: undefined }),
  NATS_SERVER: text({ default: undefined }),
  HOST: text({ default: '127.0.0.1' }),
  PUBLIC_URL: origin({ default: undefined }),
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
  STRAVA_CLIENT_ID: text({ default: undefined }),
  STRAVA_CLIENT_SECRET: secret({
    default: undefined,
    requiredWhen: (values) => values['STRAVA_CLIENT_ID'] !== undefined,
  }),
  IKIGAI_STATE_DIR: text({ default: undefined }),
}

/** What the person at the keyboard may set. What is `undefined` was left to us. */
export interface LaunchConfig {
  readonly databaseUrl: string | undefined
  readonly natsUrl: readonly string[] | undefined
  readonly natsUser: string | undefined
  readonly natsPassword: string | undefined
  readonly natsCreds: string | undefined
  /** A nats-server program to start, if one is to be started. */
  readonly natsServer: string | undefined
  /** The interface that the services listen on. */
  readonly host: string
  /** The gateway's origin as browsers see it. */
  readonly publicUrl: string | undefined
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
 * Reads the settings of `npm start`. The variables of the file `.env` count where the environment says nothing.
 *
 * @throws ConfigurationError with every fault at once
 */
export function loadLaunchConfig(env: Environment): LaunchConfig {
  return loadConfig(env, settings)
}

/** The environment over the variables of `.env` in the folder, if there is that file. */
export function readEnvironment(rootDir: string, env: Environment): Environment {
  let file = ''
  try {
    file = readFileSync(join(rootDir, '.env'), 'utf8')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value !== '')
  return { ...parseEnv(file), ...Object.fromEntries(given) }
}
