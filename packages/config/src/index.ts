/** What a setting is made of; named here so that services can name the types of theirs. */
export type { OptionalValidatorSpec, RequiredValidatorSpec } from 'envalid'
export { AddressError } from './address-error.ts'
export { ConfigurationError, type ConfigurationFault } from './configuration-error.ts'
export { type DatabaseAddress, parseDatabaseUrl } from './database-address.ts'
export { type Config, describeConfig, type Environment, loadConfig, type Settings } from './load-config.ts'
export { type NatsAddress, parseNatsUrl } from './nats-address.ts'
export {
  adminSettings,
  cacheSettings,
  databaseSettings,
  grantSettings,
  httpSettings,
  logSettings,
  natsSettings,
  poolSettings,
  proxySettings,
  publicUrlSettings,
  sessionSettings,
  stravaApiSettings,
  stravaApplicationSettings,
  stravaLimitSettings,
  stravaOauthSettings,
  webhookSettings,
} from './settings.ts'
export {
  commaList,
  duration,
  integer,
  invalid,
  keyRing,
  type Limits,
  type LogLevel,
  limits,
  logLevel,
  natsCredentials,
  natsServers,
  oneOf,
  origin,
  origins,
  pathSecret,
  port,
  postgresUrl,
  secret,
  secretValidator,
  text,
  url,
} from './validators.ts'
