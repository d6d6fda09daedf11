import {
  type Config,
  cacheSettings,
  databaseSettings,
  httpSettings,
  logSettings,
  natsSettings,
  proxySettings,
  publicUrlSettings,
  sessionSettings,
  stravaLimitSettings,
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
  ...proxySettings,
}

/** See {@link gatewaySettings}. */
export type GatewayConfig = Config<typeof gatewaySettings>
