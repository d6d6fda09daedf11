import { isUtf8 } from 'node:buffer'
import { parseEnv } from 'node:util'
import { ConfigurationError } from './configuration-error.ts'
import { type Environment, nonEmpty } from './load-config.ts'

/**
 * The variables of a `.env` file: `NAME=value` lines, with `export ` before them or not, with CRLF or LF, with a byte
 * order mark or without. Quotes (`'`, `"`, backtick) are taken off.
 *
 * @param name of the file, for the fault
 * @throws ConfigurationError when it is not UTF-8
 */
export function decodeEnvFile(name: string, content: Buffer): Readonly<Record<string, string>> {
  if (!isUtf8(content)) throw new ConfigurationError([{ name, problem: 'is not UTF-8 text' }])
  const text = content.toString('utf8').replace(/^\uFEFF/, '')
  const variables = parseEnv(text.replaceAll('\r\n', '\n'))
  return Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, value ?? '']))
}

/**
 * The variables of `above`, and those of `below` that `above` does not set. A secret that `above` sets by a file replaces
 * the one that `below` sets by value, and the reverse.
 */
export function mergeEnvironments(below: Environment, above: Environment): Environment {
  const set = Object.fromEntries(Object.entries(above).filter(([, value]) => nonEmpty(value) !== undefined))
  const isReplaced = (name: string) =>
    `${name}_FILE` in set || (name.endsWith('_FILE') && name.slice(0, -5) in set)
  return { ...Object.fromEntries(Object.entries(below).filter(([name]) => !isReplaced(name))), ...set }
}

const QUOTES = ['"', "'", '`']

/**
 * The content of a `.env` file that {@link decodeEnvFile} reads back as it was.
 *
 * @throws ConfigurationError for a value that holds all three kinds of quotes, which no such file can hold
 */
export function encodeEnvFile(variables: Environment): string {
  const lines = Object.entries(variables).map(([name, value = '']) => {
    // Between double quotes a backslash may begin a line feed, and a shell that reads the file expands "$".
    const usable = QUOTES.filter(
      (quote) => !value.includes(quote) && !(quote === '"' && /[\\$\n]/.test(value)),
    )
    const [quote] = usable
    if (quote === undefined)
      throw new ConfigurationError([{ name, problem: 'holds all three kinds of quotes' }])
    return `${name}=${quote}${value}${quote}\n`
  })
  return lines.join('')
}
