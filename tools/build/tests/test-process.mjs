// One process that runs test files one after another, as its parent sees it. That they share it spares each file the
// start, and most of the compiling: a third of the suite's time.
import { once } from 'node:events'
import { spawnChild } from '../steps.mjs'

/** What ends by itself when its time is up is given as long again, and then killed. */
const PATIENCE = 2
/** For what the last file has left to close. */
const END_SECONDS = 20

/**
 * @typedef {{ passed: number, skipped: number, failures: object[], output: string, seconds: number }} Outcome
 *   the assertions of a file, and what it wrote to stderr
 */

/**
 * @param {import('tap-parser').Parser} parser of what the process writes
 * @param {{ program: string, env: NodeJS.ProcessEnv, timeoutSeconds: number }} options
 */
export function startTestProcess(parser, { program, env, timeoutSeconds }) {
  const child = spawnChild(process.execPath, [program], {
    env: { ...env, TAP_TIMEOUT: String(timeoutSeconds) },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let outcome = nothing()
  let hasFailed = false
  let endedWith
  const closed = once(child, 'close').then(([code, signal]) => {
    endedWith = signal ?? code
  })
  const kill = () => child.kill('SIGKILL')
  // A process that has died is told of by `closed`.
  child.stdin.on('error', () => {})
  child.stderr.setEncoding('utf8').on('data', (text) => {
    outcome.output += text
  })
  child.stdout.pipe(parser)
  eachAssertion(parser, (result) => {
    if (result.skip) outcome.skipped += 1
    else if (result.ok) outcome.passed += 1
    else outcome.failures.push(result)
  })

  return {
    /**
     * @param {{ name: string, file: string }} test
     * @returns {Promise<Outcome>}
     */
    async run({ name, file }) {
      outcome = nothing()
      const startedAt = performance.now()
      const timer = setTimeout(kill, timeoutSeconds * 1000 * PATIENCE)
      // Listened for at once: all that a short file says may come in one piece.
      const done = new Promise((resolve) => {
        parser.once('child', (test) => test.once('complete', resolve))
      })
      child.stdin.write(`${file}\n`)
      const results = await Promise.race([done, closed])
      clearTimeout(timer)
      outcome.seconds = (performance.now() - startedAt) / 1000
      if (results?.ok && outcome.passed + outcome.skipped === 0) fail(`${name} asserts nothing`)
      if (!results?.ok && outcome.failures.length === 0) {
        kill()
        await closed
        fail(`${name} ended with ${endedWith}`)
      }
      hasFailed ||= outcome.failures.length > 0
      return outcome
    },

    /** @returns {Promise<Outcome>} what went wrong after the last file, if all was well before */
    async end() {
      outcome = nothing()
      child.stdin.end()
      const timer = setTimeout(kill, END_SECONDS * 1000)
      await closed
      clearTimeout(timer)
      if (hasFailed || endedWith === 0) return outcome
      fail(
        endedWith === 'SIGKILL' ? `something was left open for ${END_SECONDS} s` : `ended with ${endedWith}`,
      )
      return outcome
    },
  }

  function fail(name) {
    outcome.failures.push({ fullname: '', name })
  }
}

/** @returns {Outcome} */
const nothing = () => ({ passed: 0, skipped: 0, failures: [], output: '', seconds: 0 })

/** An assertion that closes a subtest says again what those in it have said. */
function eachAssertion(parser, tell) {
  parser.on('child', (child) => eachAssertion(child, tell))
  parser.on('assert', (result) => {
    if (!result.closingTestPoint) tell(result)
  })
}
