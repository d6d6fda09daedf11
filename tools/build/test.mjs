// npm test: installs, checks types and style, then runs the whole suite on a real PostgreSQL and real NATS servers.
// With test files as arguments it runs these alone, without the checks: npm test -- packages/db/test/migrate.test.ts
import { parseArgs } from 'node:util'
import { checkSources } from './checks.mjs'
import { interruption, toolsPath } from './children.mjs'
import { install } from './install.mjs'
import { buildPage } from './page.mjs'
import { bundleOf } from './programs.mjs'
import { projectDir } from './project.mjs'
import { StepError } from './step-error.mjs'
import { runMain, step } from './steps.mjs'
import { bundleTests, RUN_FILES, testBundlesDir } from './test-files.mjs'
import { startServers } from './test-servers.mjs'

/** How long resources that the last file of a process has left open may take to close (s). */
const LEAK_SECONDS = 20

await runMain(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    // Seconds for one file: the longest takes half a minute, and nearly three minutes on a machine under eight times the load.
    options: { timeout: { type: 'string', default: '240' } },
  })
  const timeoutSeconds = Number(values.timeout)
  await install()
  const isWhole = positionals.length === 0
  // Beside the tests, because the type checker keeps one core busy for long.
  const checks = isWhole ? startChecks() : undefined
  const tests = await step('Building the tests', async () => {
    const [files] = await Promise.all([bundleTests(positionals), buildPage()])
    return files
  })
  const { register } = await import('tsx/esm/api')
  register()
  const servers = await step('Starting PostgreSQL, finding nats-server', startServers)
  try {
    const { runSuite } = await import('../test-runner/src/index.ts')
    const { passed, failed, skipped } = await runSuite({
      tests,
      program: [bundleOf(testBundlesDir, RUN_FILES)],
      cwd: projectDir,
      env: { ...servers.env, IKIGAI_TEST_BUNDLES: testBundlesDir, PATH: toolsPath },
      timeoutSeconds,
      // tap ends a file that only waits, with a better report than that of a kill.
      killSeconds: timeoutSeconds * 2,
      leakSeconds: LEAK_SECONDS,
      signal: checks === undefined ? interruption : AbortSignal.any([interruption, checks.failed]),
      write: (text) => process.stdout.write(text),
    })
    process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
    if (interruption.aborted) throw new StepError('Interrupted.', 130)
    await checks?.end()
    return failed > 0 ? 1 : 0
  } finally {
    await servers.stop()
  }
})

/**
 * Begins to check types and style.
 *
 * @returns {{ failed: AbortSignal, end: () => Promise<void> }} a signal that aborts when they have failed, to end the tests,
 *   and the end of the checks, which rejects when they have
 */
function startChecks() {
  const failed = new AbortController()
  const checking = step('Checking types and style', checkSources)
  checking.catch(() => failed.abort())
  return { failed: failed.signal, end: () => checking }
}
