// Runs test files side by side, each in a process of its own, and tells of each what came of it. They are tests of tap
// and speak its protocol; tap's own runner would cost each of them, and whatever it starts, a second of a CPU.
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { withSourcePlaces } from './source-places.mjs'
import { isInterrupted, spawnChild } from './steps.mjs'

/** What ends by itself when its time is up is given as long again, and then killed. */
const PATIENCE = 2
/** Lines of a stack that tell nothing of the test. */
const TAPS_OWN = /^.*\/@tapjs\/.*\n/gm

/**
 * @param {{ name: string, file: string }[]} tests
 * @param {{ env: NodeJS.ProcessEnv, timeoutSeconds: number }} options the time is that of one file
 * @returns {Promise<number>} the exit code
 */
export async function runSuite(tests, options) {
  const { Parser } = await import('tap-parser')
  /** The leaves of the whole run: what the tests have asserted. */
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const waiting = [...tests]
  const work = async () => {
    for (let test = waiting.shift(); test !== undefined && !isInterrupted(); test = waiting.shift()) {
      const outcome = await runFile(new Parser(), test, options)
      counts.passed += outcome.passed
      counts.skipped += outcome.skipped
      counts.failed += outcome.failures.length
      process.stdout.write(reportOf(test, outcome))
    }
  }
  // One more than there are cores: each waits a good deal.
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, work))
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
  process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`)
  return counts.failed > 0 ? 1 : 0
}

async function runFile(parser, { name, file }, { env, timeoutSeconds }) {
  const startedAt = performance.now()
  const outcome = { passed: 0, skipped: 0, failures: [], output: '', seconds: 0 }
  eachAssertion(parser, (result) => {
    if (result.skip) outcome.skipped += 1
    else if (result.ok) outcome.passed += 1
    else outcome.failures.push(result)
  })
  const child = spawnChild(process.execPath, [file], {
    env: { ...env, TAP_TIMEOUT: String(timeoutSeconds) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.pipe(parser)
  child.stderr.setEncoding('utf8').on('data', (text) => {
    outcome.output += text
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutSeconds * 1000 * PATIENCE)
  const [[code, signal]] = await Promise.all([once(child, 'close'), once(parser, 'complete')])
  clearTimeout(timer)
  outcome.seconds = (performance.now() - startedAt) / 1000
  const isDone = code === 0 && parser.results?.ok && outcome.passed + outcome.skipped > 0
  if (!isDone && outcome.failures.length === 0) {
    outcome.failures.push({ fullname: '', name: `${name} ended with ${signal ?? code}` })
  }
  return outcome
}

/** An assertion that closes a subtest says again what those in it have said. */
function eachAssertion(parser, tell) {
  parser.on('child', (child) => eachAssertion(child, tell))
  parser.on('assert', (result) => {
    if (!result.closingTestPoint) tell(result)
  })
}

function reportOf({ name }, { passed, failures, output, seconds }) {
  const line = ` ${failures.length === 0 ? 'PASS' : 'FAIL'}  ${name}  ${passed} in ${seconds.toFixed(1)} s\n`
  if (failures.length === 0) return line
  const details = [...failures.map(detailsOf), output === '' ? '' : `${indented('', output)}\n`]
  return `${line}${withSourcePlaces(details.join('')).replaceAll(TAPS_OWN, '')}`
}

function detailsOf({ fullname, name, diag }) {
  const { at, diff, found, wanted, stack } = diag ?? {}
  const place = at?.fileName === undefined ? '' : `${at.fileName}:${at.lineNumber}:${at.columnNumber}`
  const difference =
    found === undefined ? '' : `found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`
  const details = [place, diff ?? difference, stack ?? ''].filter((text) => text !== '').join('\n')
  return `${indented(`   ✖ ${fullname === '' ? name : fullname}`, details)}\n`
}

function indented(title, text) {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => `     ${line}`)
  return (title === '' ? lines : [title, ...lines]).join('\n')
}
