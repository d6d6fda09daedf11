// Types and style.
import { run } from './children.mjs'
import { StepError } from './step-error.mjs'

const TYPES = [
  // Several threads would each compute the same large types again.
  ['tsc', '--singleThreaded'],
  ['tsc', '-p', 'packages/web'],
]
const STYLE = [['biome', 'check']]

/** The type checker collects garbage less often: a quarter of its CPU time, for at most 1 GB of memory. */
const env = { GOGC: '400' }

/**
 * Runs all checks in parallel and prints their errors.
 *
 * @throws {StepError} when anything is
 */
export async function checkSources() {
  const results = await Promise.all(
    [...TYPES, ...STYLE].map(([command = '', ...args]) => run(command, args, { env, quiet: true })),
  )
  const failed = results.filter(({ code }) => code !== 0)
  for (const { output } of failed) process.stdout.write(`${output}\n`)
  if (failed.length > 0) throw new StepError('The checks failed.')
}
