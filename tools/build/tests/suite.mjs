// Runs test files in a few processes side by side, and tells of each file what came of it. They are tests of tap and
// speak its protocol; tap's own runner would cost each of them, and whatever it starts, a second of a CPU.
import { availableParallelism } from 'node:os'
import { isInterrupted } from '../steps.mjs'
import { reportOf } from './report.mjs'
import { startTestProcess } from './test-process.mjs'

/**
 * @param {{ name: string, file: string }[]} tests
 * @param {{ program: string, env: NodeJS.ProcessEnv, timeoutSeconds: number }} options `program` is the bundle of
 *   `run-files.mjs`; the time is that of one file
 * @returns {Promise<number>} the exit code
 */
export async function runSuite(tests, options) {
  const { Parser } = await import('tap-parser')
  /** The leaves of the whole run: what the tests have asserted. */
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const waiting = [...tests]
  const tell = (name, outcome) => {
    counts.passed += outcome.passed
    counts.skipped += outcome.skipped
    counts.failed += outcome.failures.length
    process.stdout.write(reportOf(name, outcome))
  }
  const work = async () => {
    let running
    let last = ''
    const end = async () => {
      const after = await running?.end()
      if (after !== undefined && after.failures.length > 0) tell(`after ${last}`, after)
      running = undefined
    }
    for (let test = waiting.shift(); test !== undefined && !isInterrupted(); test = waiting.shift()) {
      running ??= startTestProcess(new Parser(), options)
      const outcome = await running.run(test)
      last = test.name
      tell(last, outcome)
      // What a failure leaves behind is nobody else's matter.
      if (outcome.failures.length > 0) await end()
    }
    await end()
  }
  // One more than there are cores: each waits a good deal.
  const places = Math.min(availableParallelism() + 1, tests.length)
  await Promise.all(Array.from({ length: places }, work))
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
  process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`)
  return counts.failed > 0 ? 1 : 0
}
