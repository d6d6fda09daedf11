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
  signUpSettings,
  stravaApplicationSettings,
  stravaOauthSettings,
} from '@ikigai/chassis/config'

/** Settings of auth. */
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
  ...signUpSettings,
  /** Gateways outside this machine and private networks. */
  ...proxySettings,
  /** Maximum requests per minute and address to `/auth/*`; a sign-in makes two. */
  AUTH_RATE_LIMIT: integer({ min: 1, max: 1_000_000 })({ default: 60 }),
  /** How long the callback of a sign-up waits for the first page of activities, in ms. */
  SIGNUP_WAIT: duration({ default: 3_000 }),
  /** Retention after a reported deauthorization while Strava refuses the grant, without a proof, in ms. */
  GRANT_GRACE_PERIOD: duration({ default: 7 * 86_400_000 }),
}

/** See {@link authSettings}. */
export type AuthConfig = Config<typeof authSettings>
