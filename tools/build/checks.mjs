// Types and style.
import { run } from './children.mjs'
import { StepError } from './step-error.mjs'

const TYPES = [
  // Several threads would each compute the same large types again.
  ['tsc', '--noEmit', '--singleThreaded'],
  ['tsc', '-p', 'packages/web'],
  ['tsc', '-p', 'tools/build'],
]
const STYLE = [['biome', 'check']]

/**
 * Runs all checks in parallel and prints their errors.
 *
 * @throws {StepError} when anything is
 */
export async function checkSources() {
  const results = await Promise.all(
    [...TYPES, ...STYLE].map(([command = '', ...args]) => run(command, args, { quiet: true })),
  )
  const failed = results.filter(({ code }) => code !== 0)
  for (const { output } of failed) process.stdout.write(`${output}\n`)
  if (failed.length > 0) throw new StepError('The checks failed.')
}
