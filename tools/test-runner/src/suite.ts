import { availableParallelism } from 'node:os'
import type { Outcome } from './outcome.ts'
import { reportOf } from './report.ts'
import { startTestProcess, type TestFile, type TestProcess, type TestProcessOptions } from './test-process.ts'

/** How a suite is run: see {@link TestProcessOptions}. */
export interface Suite extends TestProcessOptions {
  readonly tests: readonly TestFile[]
  /** Number of concurrent processes; default: two more than there are cores, because tests wait much. */
  readonly processes?: number
  /** Called with each file when it starts. */
  readonly onStart?: (test: TestFile) => void
  /** Receives a report of each file as it ends. */
  readonly write: (text: string) => void
}

/** The assertions of a whole run. A file that crashed, leaked or never ran counts as at least one failed assertion. */
export interface SuiteCounts {
  passed: number
  failed: number
  skipped: number
}

/**
 * Runs test files in a few concurrent processes and reports each. They are tap tests and output its protocol; tap's
 * own runner would cost each of them, and each process that it starts, a second of CPU time.
 */
export async function runSuite(suite: Suite): Promise<SuiteCounts> {
  const counts: SuiteCounts = { passed: 0, failed: 0, skipped: 0 }
  const waiting = [...suite.tests]
  const unreported = new Set(suite.tests)

  const report = (name: string, outcome: Outcome) => {
    counts.passed += outcome.passed
    counts.skipped += outcome.skipped
    counts.failed += outcome.failures.length
    suite.write(reportOf(name, outcome, suite.cwd))
  }

  const work = async () => {
    let running: TestProcess | undefined
    let last = ''
    let earlier = 0
    const end = async () => {
      const after = await running?.end()
      if (after !== undefined && after.failures.length > 0)
        report(earlier === 0 ? `after ${last}` : `after ${last} (and ${earlier} before it)`, after)
      running = undefined
      earlier = 0
    }
    for (let test = waiting.shift(); test !== undefined && !suite.signal.aborted; test = waiting.shift()) {
      if (running === undefined) running = startTestProcess(suite)
      else earlier += 1
      const outcome = running.run(test)
      suite.onStart?.(test)
      last = test.name
      const result = await outcome
      unreported.delete(test)
      report(test.name, result)
      // Resources left open by a failed file are not reported.
      if (result.failures.length > 0) await end()
    }
    await end()
  }

  const places = Math.min(suite.processes ?? availableParallelism() + 2, suite.tests.length)
  await Promise.all(Array.from({ length: places }, work))
  for (const { name } of unreported) {
    counts.failed += 1
    suite.write(` FAIL  ${name}  never ran\n`)
  }
  return counts
}
