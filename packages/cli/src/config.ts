import {
  databaseSettings,
  natsSettings,
  stravaApiSettings,
  stravaApplicationSettings,
  stravaLimitSettings,
  webhookSettings,
} from '@ikigai/chassis/config'

/** What the operators' commands read from their environment, each command its part. */
export const operatorSettings = {
  ...databaseSettings,
  ...natsSettings,
  ...stravaApiSettings,
  ...stravaApplicationSettings,
  ...stravaLimitSettings,
  ...webhookSettings,
}
