import {
  databaseSettings,
  natsSettings,
  stravaApiSettings,
  stravaApplicationSettings,
  stravaLimitSettings,
  teamSettings,
  webhookSettings,
} from '@ikigai/chassis/config'

/** Environment variables of the commands. */
export const operatorSettings = {
  ...databaseSettings,
  ...natsSettings,
  ...teamSettings,
  ...stravaApiSettings,
  ...stravaApplicationSettings,
  ...stravaLimitSettings,
  ...webhookSettings,
}
