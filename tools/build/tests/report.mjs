// What a person reads of a test file.
import { withSourcePlaces } from './source-places.mjs'

/** Lines of a stack that tell nothing of the test. */
const NOT_OF_TESTS = /^.*(\/@tapjs\/|scripts\/tests\/run-files).*\n/gm

/**
 * One line for a file whose tests passed; else what failed, and where, and what the file wrote to stderr.
 *
 * @param {string} name
 * @param {import('./test-process.mjs').Outcome} outcome
 */
export function reportOf(name, { passed, failures, output, seconds }) {
  const line = ` ${failures.length === 0 ? 'PASS' : 'FAIL'}  ${name}  ${passed} in ${seconds.toFixed(1)} s\n`
  if (failures.length === 0) return line
  const details = [...failures.map(detailsOf), output === '' ? '' : `${indented('', output)}\n`]
  return `${line}${withSourcePlaces(details.join('')).replaceAll(NOT_OF_TESTS, '')}`
}

function detailsOf({ fullname, name, diag }) {
  const { at, diff, found, wanted, stack } = diag ?? {}
  const place = at?.fileName === undefined ? '' : `${at.fileName}:${at.lineNumber}:${at.columnNumber}`
  const difference =
    found === undefined ? '' : `found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`
  const details = [place, diff ?? difference, stack ?? ''].filter((text) => text !== '').join('\n')
  // The first of the names is the file's.
  const names = fullname.split(' > ').slice(1)
  return `${indented(`   ✖ ${names.length === 0 ? name : names.join(' > ')}`, details)}\n`
}

function indented(title, text) {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => `     ${line}`)
  return (title === '' ? lines : [title, ...lines]).join('\n')
}
