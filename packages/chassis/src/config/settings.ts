import {
  duration,
  host,
  integer,
  keyRing,
  limits,
  logFormat,
  logLevel,
  natsCredentials,
  natsServers,
  networks,
  oneOf,
  origin,
  pathSecret,
  port,
  postgresUrl,
  secret,
  text,
  url,
} from './validators.ts'

const DAY_MS = 86_400_000

/**
 * Tracing, by OpenTelemetry's own variables. By their specification a process continues with an unknown value, so
 * only addresses are checked. The SDK itself reads those of the sampler and the resource.
 */
export const tracingSettings = {
  OTEL_SDK_DISABLED: text({ default: undefined }),
  OTEL_TRACES_EXPORTER: text({ default: undefined }),
  OTEL_EXPORTER_OTLP_ENDPOINT: url({ default: undefined }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url({ default: undefined }),
  OTEL_EXPORTER_OTLP_HEADERS: secret({ default: undefined }),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: secret({ default: undefined }),
  OTEL_SERVICE_NAME: text({ default: undefined }),
  OTEL_RESOURCE_ATTRIBUTES: text({ default: undefined }),
  OTEL_TRACES_SAMPLER: text({ default: undefined }),
  OTEL_TRACES_SAMPLER_ARG: text({ default: undefined }),
}

/** Level and format of the log, and tracing. */
export const logSettings = {
  LOG_LEVEL: logLevel({ default: 'info' }),
  LOG_FORMAT: logFormat({ default: 'json' }),
  ...tracingSettings,
}

/** Whether `loadConfig` accepts the demo's secrets. */
export const developmentSettings = {
  ALLOW_DEVELOPMENT_SECRETS: oneOf('true', 'false')({ default: 'false' }),
}

/** Postgres. */
export const databaseSettings = { DATABASE_URL: postgresUrl() }

/** Maximum connections to Postgres in each replica of a service. */
export function poolSettings({ poolSize, min = 2 }: { readonly poolSize: number; readonly min?: number }) {
  return { DATABASE_POOL_SIZE: integer({ min, max: 1_000 })({ default: poolSize }) }
}

/** NATS: servers, and credentials unless the URL holds them. */
export const natsSettings = {
  NATS_URL: natsServers(),
  NATS_USER: text({
    default: undefined,
    requiredWhen: (values) => values['NATS_PASSWORD'] !== undefined,
    desc: 'NATS_PASSWORD is',
  }),
  NATS_PASSWORD: secret({
    default: undefined,
    requiredWhen: (values) => values['NATS_USER'] !== undefined,
    desc: 'NATS_USER is',
  }),
  NATS_CREDS: natsCredentials({ default: undefined }),
}

/** Where nats-server reads the accounts of other teams. */
export const teamSettings = {
  /** The file with their accounts, which nats-server includes; by default deploy/teams/teams.conf. */
  NATS_TEAMS_FILE: text({ default: undefined }),
  /** The file with the process id of a nats-server on this machine, which is then made to reload its configuration. */
  NATS_PID_FILE: text({ default: undefined }),
}

/** The operators' HTTP: health and metrics. */
export function adminSettings({ adminPort }: { readonly adminPort: number }) {
  return { HOST: host({ default: '127.0.0.1' }), ADMIN_PORT: port({ default: adminPort }) }
}

/** A service's own HTTP, and the operators'. */
export function httpSettings({
  port: defaultPort,
  adminPort,
}: {
  readonly port: number
  readonly adminPort: number
}) {
  return {
    ...adminSettings({ adminPort }),
    PORT: port({ default: defaultPort }),
    /** How long an idle connection is kept, in ms: longer than a proxy in front keeps it (most: 60 s). */
    KEEP_ALIVE_TIMEOUT: duration({ default: 72_000 }),
  }
}

/** The gateway's origin as browsers see it. */
export const publicUrlSettings = { PUBLIC_URL: origin() }

/** The keys of the sessions. */
export const sessionSettings = { SESSION_KEYS: keyRing() }

/** The keys that encrypt the grants. */
export const grantSettings = { TOKEN_ENCRYPTION_KEYS: keyRing() }

/** The Strava application. */
export const stravaApplicationSettings = {
  STRAVA_CLIENT_ID: text(),
  STRAVA_CLIENT_SECRET: secret(),
}

/** Who may make an account, and the maximum number of athletes at Strava. */
export const signUpSettings = {
  SIGN_UP: oneOf('open', 'invite', 'allow-list')({ default: 'open' }),
  /** Athletes that Strava allows the application to have; unknown unless set. */
  STRAVA_ATHLETE_LIMIT: integer({ min: 1, max: 10_000_000 })({ default: undefined }),
}

/** Strava's OAuth. `STRAVA_REVOKE_PATH` is below `STRAVA_OAUTH_URL`. */
export const stravaOauthSettings = {
  STRAVA_OAUTH_URL: url({ default: 'https://www.strava.com/oauth' }),
  STRAVA_REVOKE_PATH: oneOf('revoke', 'deauthorize')({ default: 'revoke' }),
}

/** Strava's API. */
export const stravaApiSettings = { STRAVA_API_URL: url({ default: 'https://www.strava.com/api/v3' }) }

/** Limits to assume until an answer of Strava's states others. */
export const stravaLimitSettings = {
  STRAVA_READ_LIMIT: limits({ default: { quarterHour: 100, day: 1_000 } }),
  STRAVA_OVERALL_LIMIT: limits({ default: { quarterHour: 200, day: 2_000 } }),
}

/** Strava's webhook: the origin that it calls, the handshake's token, the secret last segment of its path. */
export const webhookSettings = {
  WEBHOOK_URL: origin(),
  STRAVA_WEBHOOK_VERIFY_TOKEN: secret(),
  STRAVA_WEBHOOK_SECRET: pathSecret(),
}

/** Proxies in front, comma separated addresses or networks, whose forwarded headers are trusted. */
export const proxySettings = { TRUST_PROXY: networks({ default: undefined }) }

/** Maximum age of data that Strava has not confirmed again, in ms. */
export const cacheSettings = { CACHE_MAX_AGE: duration({ default: 7 * DAY_MS }) }
