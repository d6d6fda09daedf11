import { ConfigurationError, databaseSettings, loadConfig, secret } from '@ikigai/chassis/config'
import { migrate } from './migrate.ts'
import { createRoles } from './roles.ts'
import { MigrationMismatchError } from './schema-state.ts'

const password = () => secret({ default: undefined })

/** `DATABASE_URL` is the owner's. The role of a user without a password here stays unchanged. */
const settings = {
  ...databaseSettings,
  GATEWAY_DATABASE_PASSWORD: password(),
  AUTH_DATABASE_PASSWORD: password(),
  INGEST_DATABASE_PASSWORD: password(),
  FETCHER_DATABASE_PASSWORD: password(),
  OPERATOR_DATABASE_PASSWORD: password(),
}

/** `EX_CONFIG` of sysexits.h. */
const EXIT_CONFIGURATION = 78

/** Prepares a database for this release: roles, schema, privileges. */
async function main(): Promise<void> {
  const config = loadConfig(process.env, settings)
  await createRoles(config.databaseUrl, {
    gateway: config.gatewayDatabasePassword,
    auth: config.authDatabasePassword,
    ingest: config.ingestDatabasePassword,
    fetcher: config.fetcherDatabasePassword,
    operator: config.operatorDatabasePassword,
  })
  await migrate(config.databaseUrl)
}

try {
  await main()
  process.stdout.write('The database is ready for this release.\n')
} catch (error) {
  const { message } = error instanceof Error ? error : { message: String(error) }
  process.stderr.write(`${message}\n`)
  const isMismatch = error instanceof MigrationMismatchError
  process.exitCode =
    error instanceof ConfigurationError ? EXIT_CONFIGURATION : isMismatch ? error.exitCode : 1
}
