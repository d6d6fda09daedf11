import type { Failure, Outcome } from './outcome.ts'
import { withSourcePlaces } from './source-places.ts'

/** Stack frames outside of the test. */
const NOT_OF_TESTS = /^.*(\/@tapjs\/|test-runner\/src\/run-files).*\n/gm

/**
 * One line for a file that passed; otherwise its failures with their positions, and its output on stderr.
 *
 * @param rootDir base of the positions' paths
 */
export function reportOf(name: string, outcome: Outcome, rootDir: string): string {
  const { passed, failures, output, seconds } = outcome
  const line = ` ${failures.length === 0 ? 'PASS' : 'FAIL'}  ${name}  ${passed} in ${seconds.toFixed(1)} s\n`
  if (failures.length === 0) return line
  const details = [...failures.map(describe), output === '' ? '' : `${indented(output)}\n`].join('')
  return `${line}${withSourcePlaces(details, rootDir).replaceAll(NOT_OF_TESTS, '')}`
}

const describe = ({ title, details }: Failure) =>
  `   ✖ ${title}\n${details === '' ? '' : `${indented(details)}\n`}`

const indented = (text: string) => text.trimEnd().replaceAll(/^/gm, '     ')
