import {
  type Config,
  databaseSettings,
  httpSettings,
  logSettings,
  natsSettings,
  oneOf,
  stravaApiSettings,
  stravaApplicationSettings,
  stravaOauthSettings,
  webhookSettings,
} from '@ikigai/config'

/** What ingest reads from its environment. */
export const ingestSettings = {
  ...logSettings,
  ...httpSettings({ port: 8081, adminPort: 9081 }),
  ...databaseSettings,
  ...natsSettings,
  ...stravaApplicationSettings,
  ...stravaApiSettings,
  ...stravaOauthSettings,
  ...webhookSettings,
  /** Whether ingest sees to the application's push subscription at Strava itself. */
  STRAVA_WEBHOOK_SUBSCRIBE: oneOf('true', 'false')({ default: 'true' }),
}

/** See {@link ingestSettings}. */
export type IngestConfig = Config<typeof ingestSettings>
