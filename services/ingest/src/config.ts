import {
  type Config,
  databaseSettings,
  developmentSettings,
  httpSettings,
  integer,
  logSettings,
  natsSettings,
  oneOf,
  poolSettings,
  proxySettings,
  secret,
  stravaApiSettings,
  stravaApplicationSettings,
  stravaOauthSettings,
  webhookSettings,
} from '@ikigai/chassis/config'

/** Settings of ingest. */
export const ingestSettings = {
  ...logSettings,
  ...developmentSettings,
  ...httpSettings({ port: 8081, adminPort: 9081 }),
  ...databaseSettings,
  ...poolSettings({ poolSize: 5 }),
  ...natsSettings,
  ...stravaApplicationSettings,
  ...stravaApiSettings,
  ...stravaOauthSettings,
  ...webhookSettings,
  /** Whether ingest creates and renews the application's push subscription at Strava. */
  STRAVA_WEBHOOK_SUBSCRIBE: oneOf('true', 'false')({ default: 'true' }),
  ...proxySettings,
  /** The key of `X-Strava-Signature`; Strava does not document how to get one. */
  STRAVA_WEBHOOK_SIGNING_KEY: secret({
    default: undefined,
    requiredWhen: (values) => values['STRAVA_WEBHOOK_SIGNATURE'] === 'require',
  }),
  /** `observe` counts whether signatures are valid, `require` rejects calls without a valid one. */
  STRAVA_WEBHOOK_SIGNATURE: oneOf('observe', 'require')({ default: 'observe' }),
  /** Calls that one address may make in ten seconds; far above what Strava sends. */
  WEBHOOK_SOURCE_LIMIT: integer({ min: 1, max: 10_000_000 })({ default: 20_000 }),
}

/** See {@link ingestSettings}. */
export type IngestConfig = Config<typeof ingestSettings>
