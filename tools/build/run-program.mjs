// Installs, builds and runs one of the project's programs.
import { build } from './build.mjs'
import { run } from './children.mjs'
import { install } from './install.mjs'
import { bundleOf, programsDir } from './programs.mjs'
import { step } from './steps.mjs'

/**
 * Installs, builds, and runs a program with the script's own arguments.
 *
 * @param {string} source `packages/cli/src/main.ts`
 * @param {{ quiet?: boolean, littleMemory?: boolean }} [options] `quiet`: the build prints nothing; `littleMemory`: as
 *   the image runs it, without source maps
 * @returns {Promise<number>} the exit code
 */
export async function runProgram(source, { quiet = false, littleMemory = false } = {}) {
  await install()
  await (quiet ? build() : step('Building', build))
  const node = littleMemory
    ? ['sh', 'deploy/run-low-memory.sh', process.execPath]
    : [process.execPath, '--enable-source-maps']
  const [command = '', ...args] = [...node, bundleOf(programsDir, source), ...process.argv.slice(2)]
  const { code } = await run(command, args)
  return code
}
