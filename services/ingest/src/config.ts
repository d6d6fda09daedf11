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

/** What ingest reads from its environment. */
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
  /** Whether ingest sees to the application's push subscription at Strava itself. */
  STRAVA_WEBHOOK_SUBSCRIBE: oneOf('true', 'false')({ default: 'true' }),
  ...proxySettings,
  /** The key of `X-Strava-Signature`, if one has been got hold of: Strava documents no way to it. */
  STRAVA_WEBHOOK_SIGNING_KEY: secret({
    default: undefined,
    requiredWhen: (values) => values['STRAVA_WEBHOOK_SIGNATURE'] === 'require',
  }),
  /** What a signature counts for: `observe` notes whether it is right, `require` refuses what is not rightly signed. */
  STRAVA_WEBHOOK_SIGNATURE: oneOf('observe', 'require')({ default: 'observe' }),
  /** Calls that one address may make in ten seconds; far above what Strava sends. */
  WEBHOOK_SOURCE_LIMIT: integer({ min: 1, max: 10_000_000 })({ default: 20_000 }),
}

/** See {@link ingestSettings}. */
export type IngestConfig = Config<typeof ingestSettings>
