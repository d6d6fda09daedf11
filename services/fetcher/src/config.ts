import {
  adminSettings,
  type Config,
  cacheSettings,
  databaseSettings,
  developmentSettings,
  duration,
  logSettings,
  natsSettings,
  oneOf,
  poolSettings,
  stravaApiSettings,
  stravaLimitSettings,
} from '@ikigai/chassis/config'

/** What the fetcher reads from its environment. */
export const fetcherSettings = {
  ...logSettings,
  ...developmentSettings,
  ...adminSettings({ adminPort: 9083 }),
  ...databaseSettings,
  ...poolSettings({ poolSize: 10 }),
  ...natsSettings,
  ...stravaApiSettings,
  ...stravaLimitSettings,
  ...cacheSettings,
  /** Whether the details of older activities are fetched with what is left of the quota. */
  ENRICH: oneOf('true', 'false')({ default: 'true' }),
  /** How long a job stays with a fetcher that shows no sign of life, in ms. */
  JOB_LEASE: duration({ default: 15_000 }),
}

/** See {@link fetcherSettings}. */
export type FetcherConfig = Config<typeof fetcherSettings>
