import type { FinalResults, Result } from 'tap-parser'

/** A failure of a test file, for people. */
export interface Failure {
  /** The names of the tests down to the assertion; a sentence when it was none. */
  readonly title: string
  /** Place, difference and stack, as far as there are any; in places of the bundles. */
  readonly details: string
}

/** The outcome of a file: its assertions (those of skipped tests count as skipped), and what it wrote to stderr. */
export interface Outcome {
  passed: number
  skipped: number
  readonly failures: Failure[]
  output: string
  seconds: number
}

/** An empty outcome. */
export const noOutcome = (): Outcome => ({ passed: 0, skipped: 0, failures: [], output: '', seconds: 0 })

/** Counts one assertion. A failed one that is marked `todo` counts as skipped. */
export function countResult(outcome: Outcome, result: Result): void {
  if (result.skip || (result.todo && !result.ok)) outcome.skipped += 1
  else if (result.ok) outcome.passed += 1
  else outcome.failures.push(failureOf(result))
}

/** Faults of a file without failed assertions: no assertions, an unmet plan, or a bailout. */
export function faultsOf({ ok, failures, bailout }: FinalResults, { passed, skipped }: Outcome): string[] {
  if (ok) return passed + skipped === 0 ? ['nothing is asserted'] : []
  if (bailout !== false) return [`bailed out${bailout === true ? '' : `: ${bailout}`}`]
  return failures.map(({ tapError }) => tapError ?? 'a test failed without an assertion')
}

function failureOf({ fullname, name, diag }: Result): Failure {
  // The first of the names is the file's.
  const names = fullname.split(' > ').slice(1)
  return { title: names.length === 0 ? name : names.join(' > '), details: detailsOf(diag) }
}

function detailsOf(diag: unknown): string {
  const { at, diff, found, wanted, stack, cause } = fieldsOf(diag)
  const { fileName, lineNumber, columnNumber } = fieldsOf(at)
  const place = fileName === undefined ? '' : `${fileName}:${lineNumber}:${columnNumber}`
  const difference =
    found === undefined ? '' : `found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`
  return linesOf(place, diff ?? difference, stack, causeOf(cause))
}

/** An error's cause, and what caused that: where a property fails, the cause says why. */
function causeOf(cause: unknown): string {
  if (cause === undefined) return ''
  const { type = 'Error', message, stack, cause: next } = fieldsOf(cause)
  const what = message === undefined ? JSON.stringify(cause) : `${type}: ${message}`
  return linesOf(`caused by ${what}`, stack, causeOf(next))
}

const linesOf = (...parts: readonly unknown[]): string =>
  parts
    .map((part) => String(part ?? '').trimEnd())
    .filter((text) => text !== '')
    .join('\n')

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
