import {
  type Config,
  databaseSettings,
  developmentSettings,
  duration,
  grantSettings,
  httpSettings,
  integer,
  logSettings,
  natsSettings,
  poolSettings,
  proxySettings,
  publicUrlSettings,
  sessionSettings,
  stravaApplicationSettings,
  stravaOauthSettings,
} from '@ikigai/chassis/config'

/** What auth reads from its environment. */
export const authSettings = {
  ...logSettings,
  ...developmentSettings,
  ...httpSettings({ port: 8082, adminPort: 9082 }),
  ...databaseSettings,
  ...poolSettings({ poolSize: 10, min: 3 }),
  ...natsSettings,
  ...publicUrlSettings,
  ...sessionSettings,
  ...grantSettings,
  ...stravaApplicationSettings,
  ...stravaOauthSettings,
  /** Gateways that are not on this machine or a private network. */
  ...proxySettings,
  /** Requests that one address may make of `/auth/*` in a minute; a sign-in takes two. */
  AUTH_RATE_LIMIT: integer({ min: 1, max: 1_000_000 })({ default: 60 }),
  /** How long a sign-up waits for the first page of activities, in ms, before it goes on without. */
  SIGNUP_WAIT: duration({ default: 3_000 }),
  /** How long after a reported deauthorization an athlete whose grant Strava refuses is kept, without a proof, in ms. */
  GRANT_GRACE_PERIOD: duration({ default: 7 * 86_400_000 }),
}

/** See {@link authSettings}. */
export type AuthConfig = Config<typeof authSettings>
