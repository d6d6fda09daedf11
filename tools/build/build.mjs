// Builds what runs, the bundles of the programs and the page, and runs a program of it. By itself: for the image.
import { pathToFileURL } from 'node:url'
import { bundle, bundleOf, programs, programsDir } from './bundle.mjs'
import { install } from './install.mjs'
import { buildPage } from './page.mjs'
import { run, runMain, step } from './steps.mjs'

async function build() {
  await Promise.all([bundle({ folder: programsDir, sources: await programs() }), buildPage()])
}

/**
 * Installs, builds, and runs a program with the arguments of ours.
 *
 * @param {string} source `packages/cli/src/main.ts`
 * @param {{ quiet?: boolean, littleMemory?: boolean }} [options] `quiet`: nothing is said of the build; `littleMemory`: as
 *   the image runs it, without the places of errors in the sources
 * @returns {Promise<number>} the exit code
 */
export async function runProgram(source, { quiet = false, littleMemory = false } = {}) {
  await install()
  await (quiet ? build() : step('Building', build))
  const node = littleMemory
    ? ['sh', 'deploy/little-memory.sh', process.execPath]
    : [process.execPath, '--enable-source-maps']
  const [command, ...args] = [...node, bundleOf(programsDir, source), ...process.argv.slice(2)]
  const { code } = await run(command, args)
  return code
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runMain(async () => {
    await build()
    return 0
  })
}
