// npm test: installs, checks types and style, then runs the whole suite on a real PostgreSQL and real NATS servers.
// Arguments go to tap, and leave the checks out: npm test -- packages/db/test/migrate.test.ts
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle, bundleOf, packageDirs, programs } from './bundle.mjs'
import { install } from './install.mjs'
import { buildPage } from './page.mjs'
import { isInterrupted, projectDir, run, runMain, StepError, step } from './steps.mjs'

const bundlesDir = join(projectDir, 'build', 'tests')
const tapArguments = process.argv
  .slice(2)
  .map((argument) => (argument.endsWith('.test.ts') ? bundleOf(bundlesDir, argument) : argument))
const tapDir = join(projectDir, '.tap')
const reportFile = join(tapDir, 'report.tap')

await runMain(async () => {
  await install()
  if (tapArguments.length === 0) await step('Checking types and style', checkSources)
  await prepareTap()
  await step('Building the page, bundling the tests', async () => {
    await Promise.all([buildPage(), bundleTests()])
  })
  const servers = await step('Starting PostgreSQL, finding nats-server', startServers)
  try {
    return await runSuite({ ...servers.env, IKIGAI_TEST_BUNDLES: bundlesDir })
  } finally {
    await servers.stop()
  }
})

async function checkSources() {
  const checks = [
    ['tsc', '--noEmit'],
    ['tsc', '-p', 'packages/web'],
    ['biome', 'check'],
  ]
  const results = await Promise.all(checks.map(([command, ...args]) => run(command, args, { quiet: true })))
  const failed = results.filter(({ code }) => code !== 0)
  for (const { output } of failed) process.stdout.write(`${output}\n`)
  if (failed.length > 0) throw new StepError('The checks failed; the tests were not run.')
}

/** Every test, and every program that one of them starts: the product's, the examples, and `test/programs`. */
async function bundleTests() {
  const entries = await Promise.all((await packageDirs()).map(testsOf))
  await bundle({ folder: bundlesDir, sources: [...(await programs()), ...entries.flat()] })
}

async function testsOf(packageDir) {
  const lists = await Promise.all(
    ['test', 'examples'].map((name) =>
      readdir(join(packageDir, name), { recursive: true, withFileTypes: true }).catch(() => []),
    ),
  )
  return lists
    .flat()
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => /\.test\.ts$|\/(programs|examples)\/[^/]+\.ts$/.test(file))
}

/** tap builds the set of its plugins into node_modules: once for each installation and configuration. */
async function prepareTap() {
  const stampFile = join(tapDir, 'plugins', 'built-for')
  const tapManifest = await readFile(join(projectDir, 'node_modules', 'tap', 'package.json'), 'utf8')
  const config = await readFile(join(projectDir, '.taprc'), 'utf8')
  const { mtimeMs: installedAt } = await stat(join(projectDir, 'node_modules', '.modules.yaml'))
  const stamp = [JSON.parse(tapManifest).version, projectDir, installedAt, config].join('\n')
  if ((await readFile(stampFile, 'utf8').catch(() => '')) === stamp) return
  await step('Preparing tap', async () => {
    const { code, output } = await run('tap', ['build'], { quiet: true })
    if (code !== 0) throw new StepError(`${output}\ntap could not be prepared.`, code)
    await mkdir(join(tapDir, 'plugins'), { recursive: true })
    await writeFile(stampFile, stamp)
  })
}

/** One PostgreSQL for the whole run, and the program that every test starts its NATS server from. */
async function startServers() {
  const { register } = await import('tsx/esm/api')
  register()
  const { findNatsServer, startPostgres } = await import('../packages/embedded/src/index.ts')
  const onProgress = (message) => process.stdout.write(`  ${message}\n`)
  try {
    const cacheDir = join(projectDir, '.ikigai', 'cache')
    const nats = await findNatsServer({ cacheDir, path: process.env.NATS_SERVER, onProgress })
    const dataDir = await mkdtemp(join(tmpdir(), 'ikigai-test-'))
    const settings = {
      max_connections: 400,
      shared_buffers: '256MB',
      wal_level: 'minimal',
      max_wal_senders: 0,
    }
    const postgres = await startPostgres({ dataDir, temporary: true, settings, onProgress })
    const env = { IKIGAI_TEST_POSTGRES_URL: postgres.url, IKIGAI_TEST_NATS_SERVER: nats.path }
    return { env, stop: () => postgres.stop() }
  } catch (error) {
    throw new StepError(error.message)
  }
}

async function runSuite(env) {
  await rm(reportFile, { force: true })
  const jobs = String(Math.max(2, cpus().length))
  const args = [`--jobs=${jobs}`, `--output-file=${reportFile}`, ...reporter(), ...tapArguments]
  // Without a terminal, the reporter that redraws its lines is told to write each once.
  const { code } = await run('tap', args, { env: process.stdout.isTTY ? env : { ...env, CI: 'true' } })
  const { passed, failed, skipped } = await readCounts()
  if (isInterrupted()) throw new StepError('Interrupted.', 130)
  if (skipped > 0) process.stdout.write(`\n${skipped} skipped`)
  process.stdout.write(`\n${passed} passed, ${code === 0 ? failed : Math.max(1, failed)} failed\n`)
  return code
}

function reporter() {
  return process.stdout.isTTY ? [] : ['--reporter=base']
}

/** tap's own last line of counts: `# { total: 7, pass: 5, fail: 1, skip: 1 }`. */
async function readCounts() {
  const report = await readFile(reportFile, 'utf8').catch(() => '')
  const counts = report.split('\n').findLast((line) => line.startsWith('# { total:')) ?? ''
  const count = (name) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(counts)?.[1] ?? 0)
  return { passed: count('pass'), failed: count('fail'), skipped: count('skip') }
}
