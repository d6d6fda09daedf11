import {
  type Config,
  databaseSettings,
  developmentSettings,
  duration,
  grantSettings,
  httpSettings,
  logSettings,
  natsSettings,
  publicUrlSettings,
  sessionSettings,
  stravaApplicationSettings,
  stravaOauthSettings,
} from '@ikigai/config'

/** What auth reads from its environment. */
export const authSettings = {
  ...logSettings,
  ...developmentSettings,
  ...httpSettings({ port: 8082, adminPort: 9082 }),
  ...databaseSettings,
  ...natsSettings,
  ...publicUrlSettings,
  ...sessionSettings,
  ...grantSettings,
  ...stravaApplicationSettings,
  ...stravaOauthSettings,
  /** How long a sign-up waits for the first page of activities, in ms, before it goes on without. */
  SIGNUP_WAIT: duration({ default: 3_000 }),
}

/** See {@link authSettings}. */
export type AuthConfig = Config<typeof authSettings>
