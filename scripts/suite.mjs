// Runs test files side by side, each in a process of its own, and tells of each what came of it. A test of tap itself:
// its output, in the Test Anything Protocol, goes to stdout; what a person reads goes to stderr.
//
// node scripts/suite.mjs <seconds that a file may take> <folder of the bundles> <bundle>…
import { availableParallelism } from 'node:os'
import { relative } from 'node:path'
import t from 'tap'

const [timeoutSeconds, bundlesDir, ...bundles] = process.argv.slice(2)

t.setTimeout(0)
t.jobs = Math.max(2, availableParallelism())

/** The leaves of the whole run: what a test has asserted. */
const counts = { passed: 0, failed: 0, skipped: 0 }

t.on('subtestAdd', (file) => {
  const failures = []
  let asserted = 0
  eachAssertion(file.parser, (result) => {
    if (result.skip) counts.skipped += 1
    else if (result.ok) counts.passed += 1
    else {
      counts.failed += 1
      failures.push(result)
    }
    asserted += 1
  })
  file.on('complete', (results) => {
    // One that ends before its first assertion has not passed.
    const ok = results.ok && asserted > 0
    if (!ok && failures.length === 0) counts.failed += 1
    const seconds = ((file.time ?? 0) / 1000).toFixed(1)
    process.stderr.write(` ${ok ? 'pass' : 'FAIL'}  ${file.name}  ${asserted} in ${seconds} s\n`)
    for (const failure of failures) process.stderr.write(told(failure, file.name))
  })
})

const env = { ...process.env, TAP_TIMEOUT: timeoutSeconds }
for (const bundle of bundles) {
  const name = relative(bundlesDir, bundle).replace(/\.mjs$/, '.ts')
  const options = { env, name, buffered: true, timeout: Number(timeoutSeconds) * 1000, at: null, stack: '' }
  t.spawn(process.execPath, ['--enable-source-maps', bundle], options)
}

t.teardown(() => {
  const { passed, failed, skipped } = counts
  const skips = skipped > 0 ? `, ${skipped} skipped` : ''
  process.stderr.write(`\n${passed} passed, ${failed} failed${skips}\n`)
  if (failed > 0) process.exitCode = 1
})

/** An assertion that closes a subtest says again what those in it have said. */
function eachAssertion(parser, tell) {
  parser.on('child', (child) => eachAssertion(child, tell))
  parser.on('assert', (result) => {
    if (!result.closingTestPoint) tell(result)
  })
}

function told({ fullname, name, diag }, file) {
  const test = fullname.replace(`${file} > `, '').replace(/ > $/, '')
  const { at, diff, found, wanted, stack, error } = diag ?? {}
  const place = at?.fileName === undefined ? '' : `${at.fileName}:${at.lineNumber}:${at.columnNumber}`
  const difference = diff ?? (found === undefined ? '' : `found ${shown(found)}, wanted ${shown(wanted)}`)
  const lines = [`✖ ${test === '' ? name : test}`, place, difference, error?.message ?? '', stack ?? '']
  return `${lines
    .filter((line) => line !== '')
    .flatMap((text) => text.trimEnd().split('\n'))
    .map((line, index) => `${index === 0 ? '   ' : '     '}${line}`)
    .join('\n')}\n`
}

function shown(value) {
  return typeof value === 'string' ? JSON.stringify(value) : String(JSON.stringify(value))
}
