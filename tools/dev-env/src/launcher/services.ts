import { resolve } from 'node:path'
import { type Environment, isSecret, nonEmpty, type Settings } from '@ikigai/chassis/config'
import { operatorSettings } from '@ikigai/cli/config'
import { type Addresses, reachableHost } from './addresses.ts'
import { DEMO_CLIENT_ID } from './demo.ts'
import type { DatabaseAccess, NatsAccess, StoreUser } from './infrastructure.ts'
import { type LaunchConfig, launchSettings } from './launch-config.ts'
import type { Secrets } from './secrets.ts'
import { SERVICE_SETTINGS, SERVICES, type ServiceName } from './service-settings.ts'

/** One of our programs, and its environment. */
export interface ServicePlan {
  readonly name: string
  /** Its folder in the project. */
  readonly packageDir: string
  /** Answers 200 once the program is ready. */
  readonly readyUrl: string
  readonly env: Readonly<Record<string, string>>
}

/** Inputs of the environments of the services. */
export interface ServiceInputs {
  readonly config: LaunchConfig
  readonly addresses: Addresses
  /** The environment of this process over the file `.env`. */
  readonly environment: Environment
  /** Base of relative paths in the environment. */
  readonly rootDir: string
  readonly secrets: Secrets
  readonly database: DatabaseAccess
  readonly nats: NatsAccess
}

type Variables = Readonly<Record<string, string | undefined>>

/** The services in the order in which they start. Each gets the settings that it declares, and no other's secrets. */
export function planServices(inputs: ServiceInputs): readonly ServicePlan[] {
  return SERVICES.map((name) => {
    const { port, adminPort } = portsOf(inputs.config, name)
    const decided = {
      HOST: inputs.config.host,
      PORT: port,
      ADMIN_PORT: adminPort,
      ...storesFor(inputs, name),
    }
    return {
      name,
      packageDir: `services/${name}`,
      readyUrl: `http://${reachableHost(inputs.config.host)}:${adminPort}/readyz`,
      env: withoutUnset({
        ...plainEnvironment(inputs.environment),
        ...handedOn(inputs, SERVICE_SETTINGS[name], decided),
        // The launcher parses and shows the lines.
        LOG_FORMAT: 'json',
      }),
    }
  })
}

/** The environment of the simulator. Its own variables (tools/simulator/REFERENCE.md) override `presets`. */
export function simulatorEnvironment(inputs: ServiceInputs, presets: Variables): Record<string, string> {
  const { config, addresses, environment, secrets } = inputs
  return withoutUnset({
    CALLBACK_DOMAIN: new URL(addresses.publicUrl).hostname,
    ...presets,
    ...withoutUnset(plainEnvironment(environment)),
    LOG_LEVEL: environment['LOG_LEVEL'],
    STRAVA_CLIENT_ID: DEMO_CLIENT_ID,
    STRAVA_CLIENT_SECRET: secrets.simulatorClientSecret,
    HOST: config.host,
    PORT: String(config.simulatorPort),
  })
}

/** The variables of the operators' commands, and of other client programs. */
export function clientEnvironment(inputs: ServiceInputs): Record<string, string> {
  return withoutUnset(handedOn(inputs, operatorSettings, storesFor(inputs, 'operator')))
}

/**
 * The variables of `settings`: those decided here, otherwise those of the environment (by value, or a secret by file),
 * otherwise generated ones.
 */
function handedOn(inputs: ServiceInputs, settings: Settings, decided: Variables): Variables {
  const preset = madeUp(inputs)
  const entries = Object.entries(settings).map(([name, setting]): [string, string | undefined] => {
    if (name in decided) return [name, decided[name]]
    const value = nonEmpty(inputs.environment[name])
    const file = isSecret(setting) ? nonEmpty(inputs.environment[`${name}_FILE`]) : undefined
    if (value === undefined && file !== undefined) return [`${name}_FILE`, resolve(inputs.rootDir, file)]
    return [name, value ?? preset[name]]
  })
  return Object.fromEntries(entries)
}

function portsOf(config: LaunchConfig, name: ServiceName) {
  const ports = {
    auth: { port: config.authPort, adminPort: config.authAdminPort },
    fetcher: { port: undefined, adminPort: config.fetcherAdminPort },
    ingest: { port: config.ingestPort, adminPort: config.ingestAdminPort },
    gateway: { port: config.gatewayPort, adminPort: config.gatewayAdminPort },
  }[name]
  return { port: ports.port?.toString(), adminPort: ports.adminPort.toString() }
}

function storesFor({ database, nats }: ServiceInputs, user: StoreUser): Variables {
  const credentials = nats.credentialsOf(user)
  return {
    DATABASE_URL: database.urlOf(user),
    NATS_URL: nats.servers.join(','),
    NATS_USER: credentials.user,
    NATS_PASSWORD: credentials.password,
    NATS_CREDS: nats.creds,
    ...(nats.own && { NATS_TEAMS_FILE: nats.own.teamsFile, NATS_PID_FILE: nats.own.pidFile }),
  }
}

/** Generated values of required settings, and addresses of the local programs. */
function madeUp({ config, addresses, secrets, environment }: ServiceInputs): Variables {
  const simulated = config.stravaClientId === undefined
  const isReachableByStrava = simulated || nonEmpty(environment['WEBHOOK_URL']) !== undefined
  return {
    PUBLIC_URL: addresses.publicUrl,
    WEBHOOK_URL: addresses.webhookUrl,
    AUTH_URL: addresses.authUrl,
    TOKEN_ENCRYPTION_KEYS: secrets.tokenEncryptionKeys,
    SESSION_KEYS: secrets.sessionKeys,
    STRAVA_WEBHOOK_VERIFY_TOKEN: secrets.webhookVerifyToken,
    STRAVA_WEBHOOK_SECRET: secrets.webhookSecret,
    // Subscribing a made-up address at the real Strava would end an existing subscription.
    STRAVA_WEBHOOK_SUBSCRIBE: String(isReachableByStrava),
    ...(simulated && {
      STRAVA_CLIENT_ID: DEMO_CLIENT_ID,
      STRAVA_CLIENT_SECRET: secrets.simulatorClientSecret,
      STRAVA_API_URL: `${addresses.simulatorUrl}/api/v3`,
      STRAVA_OAUTH_URL: addresses.demoOauthUrl,
    }),
  }
}

const SETTINGS: Settings = Object.assign(
  {},
  launchSettings,
  operatorSettings,
  ...Object.values(SERVICE_SETTINGS),
)

/** The environment without the settings, which each service gets individually. */
function plainEnvironment(environment: Environment): Environment {
  const isSetting = (name: string) => {
    const secret = SETTINGS[name.replace(/_FILE$/, '')]
    return name in SETTINGS || (secret !== undefined && isSecret(secret))
  }
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isSetting(name)))
}

function withoutUnset(env: Environment): Record<string, string> {
  const set = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || nonEmpty(value) === undefined ? [] : [[name, value]],
  )
  return Object.fromEntries(set)
}
