// npm test: installs, checks types and style, then runs the whole suite on a real PostgreSQL and real NATS servers.
// With test files as arguments it runs these alone, without the checks: npm test -- packages/db/test/migrate.test.ts
import { readdir } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle, bundleOf, packageDirs, programs } from './bundle.mjs'
import { install } from './install.mjs'
import { buildPage } from './page.mjs'
import { isInterrupted, projectDir, run, runMain, StepError, step } from './steps.mjs'
import { runSuite } from './tests/suite.mjs'

const bundlesDir = join(projectDir, 'build', 'tests')
const runFiles = join(projectDir, 'tools', 'build', 'tests', 'run-files.mjs')

/** These take longest, so that they begin first: at the end no single one is waited for. */
const LONG = ['tools/system-tests/', 'tools/dev-env/']

await runMain(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    // The seconds that one file may take.
    options: { timeout: { type: 'string', default: '120' } },
  })
  await install()
  const isWhole = positionals.length === 0
  const title = isWhole ? 'Checking types and style, building the tests' : 'Building the tests'
  const tests = await step(title, async () => {
    const [all] = await Promise.all([bundleTests(), buildPage(), isWhole ? checkSources() : undefined])
    return isWhole ? all : positionals.map((file) => found(file, all))
  })
  const servers = await step('Starting PostgreSQL, finding nats-server', startServers)
  try {
    const files = tests.map((file) => ({
      name: relative(projectDir, file),
      file: bundleOf(bundlesDir, file),
    }))
    const env = { ...servers.env, IKIGAI_TEST_BUNDLES: bundlesDir }
    const code = await runSuite(files, {
      program: bundleOf(bundlesDir, runFiles),
      env,
      timeoutSeconds: Number(values.timeout),
    })
    if (isInterrupted()) throw new StepError('Interrupted.', 130)
    return code
  } finally {
    await servers.stop()
  }
})

async function checkSources() {
  const checks = [
    // Checkers side by side would each work out the same large types again.
    ['tsc', '--noEmit', '--singleThreaded'],
    ['tsc', '-p', 'packages/web'],
    ['biome', 'check'],
  ]
  const results = await Promise.all(checks.map(([command, ...args]) => run(command, args, { quiet: true })))
  const failed = results.filter(({ code }) => code !== 0)
  for (const { output } of failed) process.stdout.write(`${output}\n`)
  if (failed.length > 0) throw new StepError('The checks failed; the tests were not run.')
}

/**
 * Bundles every test, and every program that one of them starts: the product's, the examples, and `test/programs`.
 *
 * @returns the source files of the tests
 */
async function bundleTests() {
  const sources = (await Promise.all((await packageDirs()).map(sourcesOf))).flat()
  const tests = sources.filter((file) => file.endsWith('.test.ts'))
  const started = sources.filter((file) => /\/(programs|examples)\/[^/]+\.ts$/.test(file))
  await bundle({ folder: bundlesDir, sources: [runFiles, ...(await programs()), ...started, ...tests] })
  return tests.sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))
}

async function sourcesOf(packageDir) {
  const lists = await Promise.all(
    ['test', 'examples'].map((name) =>
      readdir(join(packageDir, name), { recursive: true, withFileTypes: true }).catch(() => []),
    ),
  )
  return lists
    .flat()
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
}

function rank(file) {
  const index = LONG.findIndex((folder) => relative(projectDir, file).startsWith(folder))
  return index === -1 ? LONG.length : index
}

function found(file, tests) {
  const source = resolve(projectDir, file)
  if (!tests.includes(source)) throw new StepError(`There is no test file ${file}.`)
  return source
}

/** One PostgreSQL for the whole run, and the program that every test starts its NATS server from. */
async function startServers() {
  const { register } = await import('tsx/esm/api')
  register()
  const { findNatsServer, startPostgres, temporaryDir } = await import('../dev-env/src/index.ts')
  const onProgress = (message) => process.stdout.write(`  ${message}\n`)
  try {
    const cacheDir = join(projectDir, '.ikigai', 'cache')
    const nats = await findNatsServer({ cacheDir, path: process.env.NATS_SERVER, onProgress })
    const given = process.env.IKIGAI_TEST_POSTGRES_URL
    if (given !== undefined) return { env: { IKIGAI_TEST_NATS_SERVER: nats.path }, stop: async () => {} }
    const dataDir = await temporaryDir('ikigai-test-')
    const settings = {
      max_connections: 400,
      shared_buffers: '256MB',
      wal_level: 'minimal',
      max_wal_senders: 0,
      // Databases of seconds' life need no vacuum.
      autovacuum: 'off',
    }
    const programs = process.env.IKIGAI_TEST_POSTGRES_PROGRAMS
    const postgres = await startPostgres({ dataDir, temporary: true, settings, programs, onProgress })
    const env = { IKIGAI_TEST_POSTGRES_URL: postgres.url, IKIGAI_TEST_NATS_SERVER: nats.path }
    return { env, stop: () => postgres.stop() }
  } catch (error) {
    throw new StepError(error.message)
  }
}
