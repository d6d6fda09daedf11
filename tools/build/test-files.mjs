// Bundles the tests of the workspace and the programs that they start.
import { readdir } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { bundle } from './bundle.mjs'
import { bundleOf, packageDirs, programs } from './programs.mjs'
import { projectDir } from './project.mjs'
import { StepError } from './step-error.mjs'

export const testBundlesDir = join(projectDir, 'build', 'tests')

/** The source of the program that runs test files. */
export const RUN_FILES = 'tools/test-runner/src/run-files.ts'

/** The longest files begin first, so that no single one is left at the end. */
const LONGEST_FIRST = [
  'tools/system-tests/test/packages.test.ts',
  'tools/system-tests/test/page.test.ts',
  'tools/system-tests/test/browser.test.ts',
  'tools/dev-env/test/launcher/main.test.ts',
  'services/fetcher/test/states.test.ts',
  'tools/system-tests/test/apps.test.ts',
  'tools/system-tests/test/convergence-cycle.test.ts',
  'tools/system-tests/test/page-load.test.ts',
  'tools/system-tests/test/replicas.test.ts',
  'services/fetcher/test/walks.test.ts',
  'services/fetcher/test/resync.test.ts',
  'packages/chassis/test/run-service.test.ts',
  'tools/system-tests/',
  'tools/test-runner/',
  'tools/simulation/',
  'tools/dev-env/',
  'services/',
]

/**
 * Bundles every test, and every program that one of them starts: the product's, the examples, and `test/programs`.
 *
 * @param {readonly string[]} wanted sources of tests; none: all of them
 * @returns {Promise<{ name: string, file: string }[]>} the wanted tests, named by their source, and their bundles
 * @throws {StepError} when a wanted file does not exist
 */
export async function bundleTests(wanted) {
  const sources = (await Promise.all((await packageDirs()).map(sourcesOf))).flat()
  const tests = sources.filter((file) => file.endsWith('.test.ts'))
  const started = sources.filter((file) => /\/(programs|examples)\/[^/]+\.ts$/.test(file))
  const chosen = wanted.length === 0 ? inOrder(tests) : wanted.map((file) => found(file, tests))
  await bundle({
    folder: testBundlesDir,
    sources: [join(projectDir, RUN_FILES), ...(await programs()), ...started, ...tests],
  })
  return chosen.map((file) => ({ name: relative(projectDir, file), file: bundleOf(testBundlesDir, file) }))
}

/** @param {string} packageDir */
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

/** @param {readonly string[]} tests */
const inOrder = (tests) => tests.toSorted((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))

/** @param {string} file */
function rank(file) {
  const index = LONGEST_FIRST.findIndex((folder) => relative(projectDir, file).startsWith(folder))
  return index === -1 ? LONGEST_FIRST.length : index
}

/**
 * @param {string} file
 * @param {readonly string[]} tests
 */
function found(file, tests) {
  const source = resolve(projectDir, file)
  if (!tests.includes(source)) throw new StepError(`There is no test file ${file}.`)
  return source
}
