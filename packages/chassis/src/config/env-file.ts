import { isUtf8 } from 'node:buffer'
import { parseEnv } from 'node:util'
import { ConfigurationError } from './configuration-error.ts'
import { type Environment, nonEmpty } from './load-config.ts'

/**
 * Parses a `.env` file: `NAME=value` lines, optionally with `export `, CRLF or a byte order mark. Quotes (`'`, `"`,
 * backtick) are removed.
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
 * The variables of `above`, and those of `below` that `above` does not set. A secret that `above` sets by file replaces one
 * that `below` sets by value, and the reverse.
 */
export function mergeEnvironments(below: Environment, above: Environment): Environment {
  const set = Object.fromEntries(Object.entries(above).filter(([, value]) => nonEmpty(value) !== undefined))
  const isReplaced = (name: string) =>
    `${name}_FILE` in set || (name.endsWith('_FILE') && name.slice(0, -5) in set)
  return { ...Object.fromEntries(Object.entries(below).filter(([name]) => !isReplaced(name))), ...set }
}

const QUOTES = ['"', "'", '`']

/**
 * The content of a `.env` file from which {@link decodeEnvFile} returns the same variables.
 *
 * @throws ConfigurationError for a value with all three kinds of quotes, which such a file cannot contain
 */
export function encodeEnvFile(variables: Environment): string {
  const lines = Object.entries(variables).map(([name, value = '']) => {
    // In double quotes `\n` is a line feed, and a shell that reads the file expands "$".
    const usable = QUOTES.filter(
      (quote) => !value.includes(quote) && !(quote === '"' && /[\\$\n]/.test(value)),
    )
    const [quote] = usable
    if (quote === undefined)
      throw new ConfigurationError([{ name, problem: 'contains all three kinds of quotes' }])
    return `${name}=${quote}${value}${quote}\n`
  })
  return lines.join('')
}
