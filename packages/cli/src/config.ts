import {
  databaseSettings,
  natsSettings,
  stravaApiSettings,
  stravaApplicationSettings,
  stravaLimitSettings,
  webhookSettings,
} from '@ikigai/chassis/config'

/** Environment variables of the commands. */
export const operatorSettings = {
  ...databaseSettings,
  ...natsSettings,
  ...stravaApiSettings,
  ...stravaApplicationSettings,
  ...stravaLimitSettings,
  ...webhookSettings,
}
