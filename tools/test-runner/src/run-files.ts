// A process that runs test files one after another: their paths come line by line on stdin. Each is a test of its own
// in what the process writes. It ends with its input, when nothing is left open.
import { createInterface } from 'node:readline'
import root from 'tap'
import { setCurrentTest } from './current-test.ts'
import { EXIT_LEFT_OPEN } from './exit-codes.ts'
import { watchResources } from './open-resources.ts'
import { reportUncaughtErrors } from './uncaught-errors.ts'

const timeout = Number(process.env['TAP_TIMEOUT']) * 1_000
const patience = Number(process.env['TEST_LEAK_TIMEOUT']) * 1_000
root.setTimeout(0)
reportUncaughtErrors()

const resources = watchResources()
for await (const file of createInterface({ input: process.stdin })) {
  await root.test(file, { timeout }, async (test) => {
    setCurrentTest(test)
    await import(file)
  })
  resources.note(file)
}
setTimeout(() => {
  process.stderr.write(`Left open: ${resources.leftOpen().join(', ')}\n`)
  process.exit(EXIT_LEFT_OPEN)
}, patience).unref()
