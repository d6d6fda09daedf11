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

/** Environment variables of the fetcher. */
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
  /** Whether spare quota is used to fetch the details of older activities. */
  ENRICH: oneOf('true', 'false')({ default: 'true' }),
  /** Lease on a job: another fetcher takes it when it was not renewed for this time (ms). */
  JOB_LEASE: duration({ default: 15_000 }),
}

/** See {@link fetcherSettings}. */
export type FetcherConfig = Config<typeof fetcherSettings>
