import {
  databaseSettings,
  natsSettings,
  origin,
  signUpSettings,
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
  ...signUpSettings,
  /** For invitation links, and for `doctor`. */
  PUBLIC_URL: origin({ default: undefined }),
  ...teamSettings,
  ...stravaApiSettings,
  ...stravaApplicationSettings,
  ...stravaLimitSettings,
  ...webhookSettings,
}
