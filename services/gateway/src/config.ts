import {
  type Config,
  cacheSettings,
  databaseSettings,
  developmentSettings,
  httpSettings,
  integer,
  logSettings,
  natsSettings,
  oneOf,
  origins,
  poolSettings,
  proxySettings,
  publicUrlSettings,
  sessionSettings,
  signUpSettings,
  stravaLimitSettings,
  url,
} from '@ikigai/chassis/config'

/** Environment variables of the gateway. */
export const gatewaySettings = {
  ...logSettings,
  ...developmentSettings,
  ...httpSettings({ port: 8080, adminPort: 9080 }),
  ...databaseSettings,
  ...poolSettings({ poolSize: 10 }),
  ...natsSettings,
  ...publicUrlSettings,
  ...sessionSettings,
  ...cacheSettings,
  ...stravaLimitSettings,
  ...signUpSettings,
  /** Where the auth service listens. */
  AUTH_URL: url({ default: 'http://127.0.0.1:8082' }),
  ...proxySettings,
  /** Requests of one athlete, or of one address without a session, in a minute. */
  API_RATE_LIMIT: integer({ min: 1, max: 1_000_000 })({ default: 600 }),
  /** Memory for activities of athletes with frequent requests, in MiB; 0 turns the cache off. */
  ACTIVITY_CACHE_MIB: integer({ min: 0, max: 4_096 })({ default: 24 }),
  /** Requests of another team over NATS in a minute, to each gateway. */
  TEAM_RATE_LIMIT: integer({ min: 1, max: 10_000_000 })({ default: 6_000 }),
  /** Origins whose pages may use the API from a browser, with a bearer token. */
  CORS_ORIGINS: origins({ default: [] }),
  /** Whether `Strict-Transport-Security` includes subdomains. */
  HSTS_SUBDOMAINS: oneOf('true', 'false')({ default: 'false' }),
}

/** See {@link gatewaySettings}. */
export type GatewayConfig = Config<typeof gatewaySettings>
