import { readFileSync } from 'node:fs'

/** A log line to show in the terminal. */
export interface Attention {
  readonly severity: 'warning' | 'error'
  readonly text: string
}

/** pino's levels that are shown, as labels and as numbers, between which other numbers lie. */
const [WARN_LEVEL, ERROR_LEVEL] = [40, 50]
const SEVERITIES: Readonly<Record<string, Attention['severity']>> = {
  warn: 'warning',
  error: 'error',
  fatal: 'error',
}

/** Splits a stream of text into lines. */
export function lineSplitter(onLine: (line: string) => void): (chunk: string) => void {
  let rest = ''
  return (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  }
}

/**
 * The part of a log line to show: of JSON lines only warnings and worse, shortened; other lines (of the runtime) unchanged;
 * `undefined` for lines that belong only in the log file.
 */
export function attentionIn(line: string): Attention | undefined {
  if (line.trim() === '') return undefined
  const record = parseRecord(line)
  if (record === undefined) return { severity: 'warning', text: plain(line) }
  const severity = severityOf(record['level'])
  if (severity === undefined) return undefined
  const message = record['msg']
  if (typeof message !== 'string' || message === '') return { severity, text: plain(line) }
  const causes = causesOf(record['err']).filter((cause) => !message.includes(cause))
  return { severity, text: plain([message, ...causes].join(': ')) }
}

/** Control characters would let a log line write elsewhere on the terminal. */
const plain = (text: string) => text.replaceAll(/\p{Cc}+/gu, ' ')

const REPETITION_INTERVAL_MS = 30_000

/**
 * Shows each text at most once in 30 s, the next time with the number of omitted repetitions.
 *
 * @param now in ms
 */
export function withoutRepetitions(
  show: (attention: Attention) => void,
  now: () => number = () => performance.now(),
): (attention: Attention) => void {
  const shown = new Map<string, { readonly at: number; hidden: number }>()
  return (attention) => {
    const time = now()
    const earlier = shown.get(attention.text)
    if (earlier !== undefined && time - earlier.at < REPETITION_INTERVAL_MS) {
      earlier.hidden += 1
      return
    }
    for (const [text, { at }] of shown) if (time - at >= REPETITION_INTERVAL_MS) shown.delete(text)
    shown.set(attention.text, { at: time, hidden: 0 })
    const times = earlier === undefined || earlier.hidden === 0 ? '' : ` (and ${earlier.hidden} times before)`
    show({ ...attention, text: attention.text + times })
  }
}

function severityOf(level: unknown): Attention['severity'] | undefined {
  if (typeof level === 'string') return SEVERITIES[level.toLowerCase()]
  if (typeof level !== 'number' || level < WARN_LEVEL) return undefined
  return level < ERROR_LEVEL ? 'warning' : 'error'
}

/** The messages of an error and its causes; the type of an error without a message. */
function causesOf(error: unknown): readonly string[] {
  if (!isRecord(error)) return []
  const { message, type, cause } = error
  const text = [message, type].find((text): text is string => typeof text === 'string' && text !== '')
  return [...new Set([...(text === undefined ? [] : [text]), ...causesOf(cause)])]
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
