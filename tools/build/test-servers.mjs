// The servers that the tests of one run share.
import { join } from 'node:path'
import { projectDir } from './project.mjs'
import { messageOf, StepError } from './step-error.mjs'

/**
 * Starts one PostgreSQL for the whole run, and finds the program that every test starts its NATS server from.
 *
 * `IKIGAI_TEST_POSTGRES_URL` names a server that runs already; `IKIGAI_TEST_POSTGRES_PROGRAMS` the folder of another release's programs.
 *
 * @returns {Promise<{ env: Record<string, string>, stop: () => Promise<void> }>} environment variables that lead the tests to them
 * @throws {StepError} whose message names what is missing
 */
export async function startServers() {
  const { findNatsServer, startPostgres, temporaryDir } = await import('../dev-env/src/index.ts')
  /** @param {string} message */
  const onProgress = (message) => process.stdout.write(`  ${message}\n`)
  try {
    const cacheDir = join(projectDir, '.ikigai', 'cache')
    const nats = await findNatsServer({ cacheDir, path: process.env['NATS_SERVER'], onProgress })
    const given = process.env['IKIGAI_TEST_POSTGRES_URL']
    if (given !== undefined) return { env: { IKIGAI_TEST_NATS_SERVER: nats.path }, stop: async () => {} }
    const dataDir = await temporaryDir('ikigai-test-')
    const settings = {
      max_connections: 400,
      shared_buffers: '256MB',
      wal_level: 'minimal',
      max_wal_senders: 0,
      // The databases live for seconds.
      autovacuum: 'off',
    }
    const programs = process.env['IKIGAI_TEST_POSTGRES_PROGRAMS']
    const postgres = await startPostgres({
      dataDir,
      temporary: true,
      settings,
      onProgress,
      ...(programs === undefined ? {} : { programs }),
    })
    const env = { IKIGAI_TEST_POSTGRES_URL: postgres.url, IKIGAI_TEST_NATS_SERVER: nats.path }
    return { env, stop: () => postgres.stop() }
  } catch (error) {
    throw new StepError(messageOf(error))
  }
}
