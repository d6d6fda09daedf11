// Shared by the scripts: steps that print their duration, and how a script ends.
import { passSignalsOn } from './children.mjs'
import { StepError } from './step-error.mjs'

/**
 * Prints the title of a step, and at its end how long it took.
 *
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const startedAt = performance.now()
  process.stdout.write(`▸ ${title}\n`)
  const result = await work()
  process.stdout.write(`  ${title}: done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`)
  return result
}

/**
 * Runs a script's main function and sets the exit code from what it returns or throws.
 *
 * @param {() => Promise<number>} main
 */
export async function runMain(main) {
  passSignalsOn()
  try {
    process.exitCode = await main()
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    process.stderr.write(`\n${error.message}\n`)
    process.exitCode = error.exitCode
  }
}
