import { AddressError, credentialsOf, hostAndPort, splitAddress } from './address-error.ts'

/** The parts of a `postgres://` URL. */
export interface DatabaseAddress {
  /** In the order of connection attempts. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  readonly user: string | undefined
  readonly password: string | undefined
  readonly database: string | undefined
  /** The query: parameters of the connection. */
  readonly parameters: Readonly<Record<string, string>>
}

const DEFAULT_PORT = 5432

/**
 * Reads `postgres://user:password@host:5432/database?sslmode=require`: any host, `[::1]` included, several with commas
 * between them, and any password, percent-encoded.
 *
 * @throws AddressError, whose message contains no part of the URL
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  const { scheme, userInfo, hosts, rest } = splitAddress(url)
  if (scheme !== 'postgres' && scheme !== 'postgresql') {
    throw new AddressError('must be a URL such as postgres://user:password@host:5432/database')
  }
  const question = rest.indexOf('?')
  const path = question === -1 ? rest : rest.slice(0, question)
  const database = decodedPath(path.replace(/^\//, ''))
  return {
    hosts: hosts.map((host) => hostAndPort(host === '' ? 'localhost' : host, DEFAULT_PORT)),
    ...(userInfo === undefined ? { user: undefined, password: undefined } : credentialsOf(userInfo)),
    database: database === '' ? undefined : database,
    parameters: parametersOf(question === -1 ? '' : rest.slice(question + 1)),
  }
}

/** Allowed values of our and the driver's parameters. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  pooler: ['transaction'],
  prepare: ['true', 'false'],
  sslmode: ['disable', 'allow', 'prefer', 'require', 'verify-full'],
  target_session_attrs: ['read-write', 'read-only', 'primary', 'standby', 'prefer-standby'],
}

function parametersOf(query: string): Record<string, string> {
  const parameters = Object.fromEntries(new URLSearchParams(query))
  for (const [name, words] of Object.entries(WORDS)) {
    const word = parameters[name]
    if (word !== undefined && !words.includes(word)) {
      throw new AddressError(`has a parameter ${name} that is not one of ${words.join(', ')}`)
    }
  }
  return parameters
}

function decodedPath(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AddressError('has a % without two hexadecimal digits after it in the database’s name')
  }
}
