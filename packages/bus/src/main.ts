import { type Config, ConfigurationError, invalid, loadConfig, secretValidator } from '@ikigai/chassis/config'
import { natsConfig, quoted } from './nats-config.ts'

/** A bcrypt hash as nats-server recognizes it: `$2a$`, the cost, `$` and 53 more characters. */
const BCRYPT = /^\$2a\$\d\d\$[./A-Za-z0-9]{53}$/

/** Any text that nats-server does not interpret as a hash or a variable. */
const password = secretValidator((value) => {
  if (value.startsWith('$2a$') && !BCRYPT.test(value)) {
    throw invalid('begins like a bcrypt hash ($2a$) without being one: choose another password')
  }
  return value
})

const settings = {
  GATEWAY_NATS_PASSWORD: password(),
  AUTH_NATS_PASSWORD: password(),
  INGEST_NATS_PASSWORD: password(),
  FETCHER_NATS_PASSWORD: password(),
  OPERATOR_NATS_PASSWORD: password(),
}

/** `EX_CONFIG` of sysexits.h. */
const EXIT_CONFIGURATION = 78

const passwordsOf = (config: Config<typeof settings>) => ({
  gateway: config.gatewayNatsPassword,
  auth: config.authNatsPassword,
  ingest: config.ingestNatsPassword,
  fetcher: config.fetcherNatsPassword,
  operator: config.operatorNatsPassword,
})

// Writes NATS's users with their passwords, as a configuration for nats-server, to standard output.
try {
  const passwords = passwordsOf(loadConfig(process.env, settings))
  process.stdout.write(natsConfig({ password: (user) => quoted(passwords[user]) }))
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = EXIT_CONFIGURATION
}
