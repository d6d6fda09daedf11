/** Types of settings, re-exported so that services can name the types of theirs. */
export type { OptionalValidatorSpec, RequiredValidatorSpec } from 'envalid'
export { AddressError } from './address-error.ts'
export { ConfigurationError, type ConfigurationFault } from './configuration-error.ts'
export { type DatabaseAddress, parseDatabaseUrl } from './database-address.ts'
export { decodeEnvFile, encodeEnvFile, mergeEnvironments } from './env-file.ts'
export {
  type Config,
  describeConfig,
  type Environment,
  findFaults,
  loadConfig,
  nonEmpty,
  type Settings,
} from './load-config.ts'
export { type NatsAddress, parseNatsUrl } from './nats-address.ts'
export {
  adminSettings,
  cacheSettings,
  databaseSettings,
  developmentSettings,
  grantSettings,
  httpSettings,
  logSettings,
  natsSettings,
  poolSettings,
  proxySettings,
  publicUrlSettings,
  sessionSettings,
  signUpSettings,
  stravaApiSettings,
  stravaApplicationSettings,
  stravaLimitSettings,
  stravaOauthSettings,
  teamSettings,
  tracingSettings,
  webhookSettings,
} from './settings.ts'
export {
  commaList,
  duration,
  host,
  integer,
  invalid,
  isSecret,
  keyRing,
  type Limits,
  type LogFormat,
  type LogLevel,
  limits,
  logFormat,
  logLevel,
  natsCredentials,
  natsServers,
  networks,
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
