// npm run coverage: runs the tests (all, or those named) and reports which lines of the sources ran, in all processes
// that ended by themselves. The HTML report is in coverage/.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './children.mjs'
import { install } from './install.mjs'
import { projectDir } from './project.mjs'
import { runMain } from './steps.mjs'

const rawDir = join(projectDir, 'build', 'coverage')

/** V8 measures the bundles; their source maps lead to these. */
const SOURCES = ['packages/*/src/**', 'services/*/src/**', 'tools/*/src/**']

const REPORT = [
  'report',
  `--temp-directory=${rawDir}`,
  '--exclude-after-remap',
  ...SOURCES.map((pattern) => `--include=${pattern}`),
  '--reporter=text-summary',
  '--reporter=html',
]

await runMain(async () => {
  await install()
  await rm(rawDir, { recursive: true, force: true })
  const tests = [join('tools', 'build', 'test.mjs'), ...process.argv.slice(2)]
  const { code } = await run(process.execPath, tests, { env: { NODE_V8_COVERAGE: rawDir } })
  await run('c8', REPORT)
  return code
})
