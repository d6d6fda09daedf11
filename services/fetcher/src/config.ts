import {
  adminSettings,
  type Config,
  cacheSettings,
  databaseSettings,
  logSettings,
  natsSettings,
  stravaApiSettings,
  stravaLimitSettings,
} from '@ikigai/config'

/** What the fetcher reads from its environment. */
export const fetcherSettings = {
  ...logSettings,
  ...adminSettings({ adminPort: 9083 }),
  ...databaseSettings,
  ...natsSettings,
  ...stravaApiSettings,
  ...stravaLimitSettings,
  ...cacheSettings,
}

/** See {@link fetcherSettings}. */
export type FetcherConfig = Config<typeof fetcherSettings>
