/** One line of a JSON log. */
export type LogLine = Readonly<Record<string, unknown>>

/** A destination for pino (`pino(options, captureLogs())`) that keeps the output. */
export interface LogCapture {
  write(chunk: string): void
  /** Every complete line so far; one that is not JSON stands as `{ msg }`. */
  lines(): readonly LogLine[]
  /** The whole output. */
  text(): string
  clear(): void
}

export function captureLogs(): LogCapture {
  let written = ''
  return {
    write(chunk) {
      written += chunk
    },
    lines: () =>
      written
        .split('\n')
        .filter((line) => line !== '')
        .map(parseLine),
    text: () => written,
    clear() {
      written = ''
    },
  }
}

function parseLine(line: string): LogLine {
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) ? value : { msg: line }
  } catch {
    return { msg: line }
  }
}

function isRecord(value: unknown): value is LogLine {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
