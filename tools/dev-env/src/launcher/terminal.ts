import type { Attention } from './log-lines.ts'

/** Progress output of `npm start`. */
export interface Terminal {
  /** Starts a step. Returns the function that reports its end. */
  begin(step: string): (detail?: string) => void
  /** A line about a step. */
  note(text: string): void
  /** A line of a component's log that deserves attention. */
  attention(component: string, attention: Attention): void
  error(text: string): void
  print(text: string): void
}

const PLAIN = { dim: '', green: '', yellow: '', red: '', bold: '', reset: '' }
const COLORS = {
  dim: '\u001b[2m',
  green: '\u001b[32m',
  yellow: '\u001b[33m',
  red: '\u001b[31m',
  bold: '\u001b[1m',
  reset: '\u001b[0m',
}

/** Colours only at a terminal without NO_COLOR; lines are never rewritten, so that a log is complete. */
export function createTerminal(
  out: { write(text: string): unknown; readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const color = out.isTTY === true && (env['NO_COLOR'] ?? '') === '' ? COLORS : PLAIN
  const line = (text: string) => out.write(`${text}\n`)
  return {
    begin(step) {
      const startedAt = performance.now()
      line(`${color.dim}· ${step} …${color.reset}`)
      return (detail = '') => {
        const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
        const suffix = detail === '' ? '' : ` ${color.dim}${detail}${color.reset}`
        line(`${color.green}✓${color.reset} ${step}${suffix} ${color.dim}${seconds} s${color.reset}`)
      }
    },
    note: (text) => line(`  ${color.dim}${text}${color.reset}`),
    attention: (component, { severity, text }) => {
      const mark = severity === 'error' ? `${color.red}✗` : `${color.yellow}!`
      line(`${mark} ${component}:${color.reset} ${text}`)
    },
    error: (text) => line(`\n${color.red}✗${color.reset} ${text}`),
    print: (text) => line(text.replaceAll(/\*(.+?)\*/g, `${color.bold}$1${color.reset}`)),
  }
}
