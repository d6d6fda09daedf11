import {
  type Config,
  cacheSettings,
  databaseSettings,
  httpSettings,
  logSettings,
  natsSettings,
  publicUrlSettings,
  sessionSettings,
  stravaLimitSettings,
  text,
  url,
} from '@ikigai/config'

/** What the gateway reads from its environment. */
export const gatewaySettings = {
  ...logSettings,
  ...httpSettings({ port: 8080, adminPort: 9080 }),
  ...databaseSettings,
  ...natsSettings,
  ...publicUrlSettings,
  ...sessionSettings,
  ...cacheSettings,
  ...stravaLimitSettings,
  /** Where the auth service listens. */
  AUTH_URL: url({ default: 'http://127.0.0.1:8082' }),
  /** Addresses or networks of the proxies in front, comma separated, whose forwarded headers are believed. */
  TRUST_PROXY: text({ default: undefined }),
}

/** See {@link gatewaySettings}. */
export type GatewayConfig = Config<typeof gatewaySettings>
