import { readFileSync } from 'node:fs'

/** pino's number for a warning; errors are above it. */
const WARN_LEVEL = 40

/** Cuts a stream of text into its lines. */
export function lineSplitter(onLine: (line: string) => void): (chunk: string) => void {
  let rest = ''
  return (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  }
}

/**
 * What a log line says to the person at the keyboard: of a JSON line only warnings and worse, in short; a line that is
 * no JSON (a runtime's own words) as it is; `undefined` when it is for the log file alone.
 */
export function attentionIn(line: string): string | undefined {
  if (line.trim() === '') return undefined
  const record = parseRecord(line)
  if (record === undefined) return line
  const level = record['level']
  if (typeof level !== 'number' || level < WARN_LEVEL) return undefined
  const message = typeof record['msg'] === 'string' ? record['msg'] : line
  const cause = messageOf(record['err'])
  return cause === undefined || cause === message ? message : `${message}: ${cause}`
}

function messageOf(error: unknown): string | undefined {
  return isRecord(error) && typeof error['message'] === 'string' ? error['message'] : undefined
}

function parseRecord(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The last lines of a log file. */
export function lastLinesOf(file: string, count = 15): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
  } catch {
    return ''
  }
}
