import { spawn } from 'node:child_process'
import { type FinalResults, Parser, type Result } from 'tap-parser'
import { EXIT_LEFT_OPEN } from './exit-codes.ts'
import { countResult, faultsOf, noOutcome, type Outcome } from './outcome.ts'

/** A test file: what people call it, and the absolute path of what Node runs. */
export interface TestFile {
  readonly name: string
  readonly file: string
}

export interface TestProcessOptions {
  /** Node's arguments that run `run-files.ts`, or its bundle. */
  readonly program: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** How long one file may take (s). */
  readonly timeoutSeconds: number
  /** When a file that has not ended by itself is killed (s): later than tap ends one that only waits. */
  readonly killSeconds: number
  /** How long what the last file has left open may take to close (s). */
  readonly leakSeconds: number
  /** Ends the process when aborted. */
  readonly signal: AbortSignal
}

/** One process that runs test files one after another, which saves their start and most of the compiling. */
export interface TestProcess {
  run(test: TestFile): Promise<Outcome>
  /** @returns failures after the last file: open handles, late errors, or an unexplained exit code */
  end(): Promise<Outcome>
}

/** Added to the process's own time-out for open handles, before it is killed (s). */
const END_GRACE_SECONDS = 10

/** How long after the end of a process its output may still come (ms). A program that it has left running keeps its pipes open. */
const OUTPUT_GRACE_MS = 5_000

/** Starts a process that waits for files. */
export function startTestProcess(options: TestProcessOptions): TestProcess {
  const { program, timeoutSeconds, killSeconds, leakSeconds, signal } = options
  const limits = { TAP_TIMEOUT: String(timeoutSeconds), TEST_LEAK_TIMEOUT: String(leakSeconds) }
  const child = spawn(process.execPath, program, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env, ...limits },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const parser = new Parser()
  /** The outcome of the running file; between files, late failures. */
  let outcome = noOutcome()
  let hasFailed = false
  let ending = ''
  let isHeld = false
  const closed = new Promise<undefined>((resolve) => {
    child.once('error', (error) => {
      ending = `could not be started (${error.message})`
      resolve(undefined)
    })
    child.once('close', (code, killedBy) => {
      ending = killedBy === null ? `exited with ${code}` : `was ended by ${killedBy}`
      resolve(undefined)
    })
  })
  child.once('exit', () => {
    const cutOff = setTimeout(() => {
      isHeld = true
      child.stdout.destroy()
      child.stderr.destroy()
    }, OUTPUT_GRACE_MS)
    closed.then(() => clearTimeout(cutOff))
  })
  const kill = () => child.kill('SIGKILL')
  const interrupt = () => child.kill('SIGTERM')
  signal.addEventListener('abort', interrupt)
  closed.then(() => signal.removeEventListener('abort', interrupt))
  // `closed` reports a process that has died.
  child.stdin.on('error', () => {})
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    outcome.output += text
  })
  child.stdout.pipe(parser)
  eachAssertion(parser, (result) => countResult(outcome, result))

  const fail = (title: string) => outcome.failures.push({ title, details: '' })

  async function run({ name, file }: TestFile): Promise<Outcome> {
    const startedAt = performance.now()
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      kill()
    }, killSeconds * 1_000)
    // Listens at once, because the output of a short file may arrive in one piece.
    const done = nextChild(parser)
    child.stdin.write(`${file}\n`)
    const results = await Promise.race([done, closed])
    clearTimeout(timer)
    outcome.seconds = (performance.now() - startedAt) / 1_000
    // There is a result also when the output ends in the middle of a file.
    const hasEnded = results === undefined || child.stdout.readableEnded
    if (hasEnded) await closed
    if (timedOut) fail(`${name} was killed: it had not ended after ${killSeconds} s`)
    else if (hasEnded) fail(`${name} did not end: its process ${ending}`)
    else if (outcome.failures.length === 0) for (const fault of faultsOf(results, outcome)) fail(fault)
    return taken()
  }

  async function end(): Promise<Outcome> {
    child.stdin.end()
    const timer = setTimeout(kill, (leakSeconds + END_GRACE_SECONDS) * 1_000)
    await closed
    clearTimeout(timer)
    // Failures after another one are its consequences.
    if (hasFailed) return noOutcome()
    if (isHeld) fail('a program that was started still runs')
    else if (child.exitCode === EXIT_LEFT_OPEN) fail(`something was left open for ${leakSeconds} s`)
    else if (outcome.failures.length === 0 && child.exitCode !== 0) fail(`the process ${ending}`)
    return taken()
  }

  /** The outcome so far; later results belong to the next one. */
  function taken(): Outcome {
    const result = outcome
    outcome = noOutcome()
    hasFailed ||= result.failures.length > 0
    return result
  }

  return { run, end }
}

/** The results of the next test of the process: a file's. */
function nextChild(parser: Parser): Promise<FinalResults> {
  return new Promise((resolve) => {
    parser.once('child', (child) => child.once('complete', resolve))
  })
}

/** The assertion that closes a subtest repeats the result of the subtest's assertions. */
function eachAssertion(parser: Parser, tell: (result: Result) => void): void {
  parser.on('child', (child) => eachAssertion(child, tell))
  parser.on('assert', (result) => {
    if (!result.closingTestPoint) tell(result)
  })
}
