import { fileURLToPath } from 'node:url'
import { programArguments } from '@ikigai/testkit'
import t from 'tap'
import { runSuite, type Suite } from '../src/index.ts'

const local = (file: string) => new URL(file, import.meta.url)
const testFile = (name: string) => ({
  name,
  file: String(programArguments(local(`programs/${name}.ts`)).at(-1)),
})

/** Far longer than anything here takes; what must run out has a time of its own. */
const AMPLE_SECONDS = 300

/** Runs files of `programs`, in the one process of the last of them. */
async function run(names: readonly string[], options: Partial<Suite> = {}) {
  let text = ''
  const counts = await runSuite({
    tests: names.map(testFile),
    program: programArguments(local('../src/run-files.ts')),
    cwd: fileURLToPath(local('../../..')),
    env: {},
    timeoutSeconds: AMPLE_SECONDS,
    killSeconds: AMPLE_SECONDS,
    leakSeconds: AMPLE_SECONDS,
    processes: 1,
    signal: new AbortController().signal,
    write: (part) => {
      text += part
    },
    ...options,
  })
  return { counts, text }
}

t.test('suite: files that pass share a process, and their assertions are counted', async (t) => {
  const { counts, text } = await run(['passes', 'passes-too'])
  t.strictSame(counts, { passed: 2, failed: 0, skipped: 2 })
  t.match(text, /^ PASS {2}passes {2}1 in [\d.]+ s\n PASS {2}passes-too {2}1 in [\d.]+ s\n$/)
})

t.test(
  'suite: a failed assertion is told with its names, its place in the source and what was written',
  async (t) => {
    const { counts, text } = await run(['fails', 'passes'])
    t.strictSame(counts, { passed: 1, failed: 1, skipped: 1 })
    t.match(text, ' FAIL  fails  0 in')
    t.match(text, '✖ outer > inner > one is two')
    t.match(text, /tools\/test-runner\/test\/programs\/fails\.ts:6:7/)
    t.match(text, 'what it wrote')
  },
)

t.test('suite: an error is told whole, with what caused it', async (t) => {
  const { text } = await run(['fails-because'])
  t.match(text, '✖ a property > Property failed after 3 tests Counterexample: [7]')
  t.match(text, /caused by TypeError: the inner cause\n.*programs\/fails-because\.ts:5:\d+/)
  t.match(text, /caused by Error: the deepest cause\n.*programs\/fails-because\.ts:4:\d+/)
  t.match(text, 'caused by "no error at all"')
})

/** Files that end by themselves, wrongly, and what is said of each. */
const WRONG: Readonly<Record<string, string>> = {
  throws: 'thrown at import',
  exits: '✖ exits > test unfinished',
  'asserts-nothing': 'nothing is asserted',
}

for (const [name, told] of Object.entries(WRONG)) {
  t.test(`suite: a file that ${name.replace('-', ' ')}`, async (t) => {
    const { counts, text } = await run([name, 'passes'])
    t.equal(counts.failed, 1, text)
    t.match(text, ` FAIL  ${name}  `)
    t.match(text, told)
    t.match(text, ' PASS  passes  1 in', 'the next file has a process of its own')
  })
}

/** Files that do not end by themselves, the time that runs out for each, and what is said then. */
const ENDLESS: Readonly<Record<string, { options: Partial<Suite>; told: string | RegExp }>> = {
  hangs: { options: { timeoutSeconds: 1 }, told: /✖ (waits for what never comes > )?timeout!/ },
  'misses-plan': { options: { timeoutSeconds: 1 }, told: '✖ timeout!' },
  loops: { options: { killSeconds: 3 }, told: 'loops was killed: it had not ended after 3 s' },
}

for (const [name, { told, options }] of Object.entries(ENDLESS)) {
  t.test(`suite: a file that ${name.replace('-', ' ')}`, async (t) => {
    const { counts, text } = await run([name], options)
    t.ok(counts.failed > 0, 'has failed')
    t.match(text, ` FAIL  ${name}  `)
    t.match(text, told)
  })
}

t.test('suite: what is left open is told, with its kind and the files that may have opened it', async (t) => {
  const { counts, text } = await run(['leaks', 'passes'], { leakSeconds: 1 })
  t.strictSame(counts, { passed: 2, failed: 1, skipped: 1 })
  t.match(text, ' FAIL  after passes (and 1 before it)  ')
  t.match(text, 'something was left open for 1 s')
  t.match(text, /Left open: Timeout \(since .*leaks\.(mjs|ts)\)/)
})

t.test('suite: a program that a file leaves running is told, and not waited for', async (t) => {
  const { counts, text } = await run(['leaves-a-program'])
  t.equal(counts.failed, 1, text)
  t.match(text, 'a program that was started still runs')
})

for (const name of ['reports-late', 'rejects-later']) {
  t.test(`suite: a file that ${name.replace('-', ' ')}, when it has ended well`, async (t) => {
    const { counts, text } = await run([name])
    t.equal(counts.failed, 1, text)
    t.match(text, ` PASS  ${name}  1 in`)
    t.match(text, ` FAIL  after ${name}  `)
    t.match(
      text,
      name === 'reports-late' ? 'test assertion after Promise resolution' : 'thrown when nobody listens',
    )
  })
}

t.test('suite: an error that nobody catches fails the test that runs, and the next one runs', async (t) => {
  const { counts, text } = await run(['throws-in-a-test'])
  t.strictSame(counts, { passed: 1, failed: 2, skipped: 0 }, text)
  t.match(text, '✖ a test that runs > thrown in a timer')
  t.match(text, '✖ the next one > a rejection that nobody handles')
  t.match(text, /test-runner\/test\/programs\/throws-in-a-test\.ts:5:11/)
})

t.test('suite: when it is interrupted, each file that has not run is told', async (t) => {
  const { counts, text } = await run(['passes', 'passes-too'], { signal: AbortSignal.abort() })
  t.strictSame(counts, { passed: 0, failed: 2, skipped: 0 })
  t.match(text, ' FAIL  passes-too  never ran')
})

t.test('suite: an interruption ends the file that runs', async (t) => {
  const interruption = new AbortController()
  const { counts, text } = await run(['hangs', 'passes'], {
    signal: interruption.signal,
    onStart: () => interruption.abort(),
  })
  t.equal(counts.failed, 2)
  t.match(text, /hangs did not end: its process (was ended by SIGTERM|exited with \d+)/)
  t.match(text, ' FAIL  passes  never ran')
})

t.test('suite: a process that cannot start fails every file', async (t) => {
  const { counts, text } = await run(['passes', 'passes-too'], { program: ['/there/is/no/such/program.mjs'] })
  t.equal(counts.failed, 2)
  t.match(text, 'passes did not end: its process exited with 1')
  t.match(text, 'Cannot find module')
})
