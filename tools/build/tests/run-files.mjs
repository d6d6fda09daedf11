// A process that runs test files one after another: their paths come line by line on stdin. Each is a test of its own
// in what the process writes. It ends with its input, when nothing is left open.
import { createInterface } from 'node:readline'
import root from 'tap'
import { setCurrentTest } from './current-test.mjs'

const timeout = Number(process.env.TAP_TIMEOUT) * 1000
root.setTimeout(0)

for await (const file of createInterface({ input: process.stdin })) {
  await root.test(file, { timeout }, async (test) => {
    setCurrentTest(test)
    await import(file)
  })
}
