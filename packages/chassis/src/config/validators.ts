import { isIP, isIPv6 } from 'node:net'
import { KeyRingError, parseRingKeys, type RingKey } from '@ikigai/keyring'
import { EnvError, type ExactValidator, makeExactValidator } from 'envalid'
import { AddressError } from './address-error.ts'
import { parseDatabaseUrl } from './database-address.ts'
import { parseNatsUrl } from './nats-address.ts'

/** Calls to Strava allowed in 15 minutes and in a day. */
export interface Limits {
  readonly quarterHour: number
  readonly day: number
}

export type LogFormat = 'json' | 'pretty'

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

const secretParsers = new WeakSet<object>()

/** Whether the value of a setting must never be shown. */
export function isSecret(setting: { readonly _parse: object }): boolean {
  return secretParsers.has(setting._parse)
}

/**
 * A validator whose value is never shown and may also come from the file that `<NAME>_FILE` names. `parse` throws with
 * {@link invalid}.
 */
export function secretValidator<T>(parse: (text: string) => T): ExactValidator<T> {
  secretParsers.add(parse)
  return makeExactValidator(parse)
}

/** The error of a `parse` function; `problem` is the rest of a sentence that starts with the variable's name. */
export function invalid(problem: string): EnvError {
  return new EnvError(problem)
}

/** Any text. */
export const text = makeExactValidator((value) => value)

/** Any text, never shown. */
export const secret = secretValidator((value) => value)

/** A secret segment of a URL's path: at least 16 letters, digits, `_` or `-`. */
export const pathSecret = secretValidator((value) => {
  if (!/^[A-Za-z0-9_-]{16,}$/.test(value)) {
    throw invalid('must be at least 16 letters, digits, "_" or "-"')
  }
  return value
})

/** An address or name to listen on: IPv4, IPv6 (brackets are removed) or a host name; no port, no zone. */
export const host = makeExactValidator((value) => {
  const inside = /^\[(?<address>.*)\]$/.exec(value)?.groups?.['address']
  const isUsable = inside === undefined ? isIPv6(value) || isHostName(value) : isIPv6(inside)
  if (!isUsable || value.includes('%')) {
    throw invalid('must be an address such as 127.0.0.1 or ::1, or a host name, without a port')
  }
  return inside ?? value
})

/** Fastify's names for networks. */
const NETWORK_NAMES = ['loopback', 'linklocal', 'uniquelocal']

/** Shortest allowed prefix of a network of proxies. A shorter one would trust almost every address. */
const MIN_PREFIX_BITS = { 4: 8, 6: 7 } as const
const MAX_PREFIX_BITS = { 4: 32, 6: 128 } as const

/**
 * Addresses and networks (CIDR), comma separated; also `loopback`, `linklocal` and `uniquelocal`. Neither `all` nor
 * `0.0.0.0/0`, with which each client could choose the address that it is limited by.
 */
export const networks = makeExactValidator((value) => {
  const parts = commaSeparated(value)
  if (parts.length === 0 || !parts.every(isNetwork)) {
    throw invalid(
      'must be addresses or networks such as 10.0.0.0/8 or loopback, separated by commas; not all addresses',
    )
  }
  return parts.join(',')
})

/** An `http(s)` URL without credentials, query and fragment; a trailing slash is removed. */
export const url = makeExactValidator((value) => {
  const parsed = httpUrl(value)
  if (parsed.search !== '' || parsed.hash !== '') throw invalid('must not have a query or a fragment')
  return parsed.href.replace(/\/+$/, '')
})

/** An `http(s)` origin: scheme, host and port only. */
export const origin = makeExactValidator((value) => originOf(value))

/** Origins, comma separated, without wildcards. */
export const origins = makeExactValidator((value): readonly string[] =>
  Object.freeze(commaSeparated(value).map(originOf)),
)

/** A `postgres://` URL; never shown, because it holds a password. */
export const postgresUrl = secretValidator((value) => {
  addressOf(() => parseDatabaseUrl(value))
  return value
})

/** NATS servers, comma separated; never shown, because a URL may hold a password. */
export const natsServers = secretValidator((value): readonly string[] => {
  const servers = commaSeparated(value)
  if (servers.length === 0) throw invalid('must be servers such as nats://host:4222, separated by commas')
  // A comma in a password would make the rest of it look like another server.
  if (servers.slice(1).some((server) => server.includes('@') && !server.includes('://'))) {
    throw invalid(
      'has a comma in a password, which is written %2C; or a server with credentials and no scheme',
    )
  }
  for (const server of servers) addressOf(() => parseNatsUrl(server))
  return servers
})

function addressOf<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof AddressError) throw invalid(error.message)
    throw error
  }
}

/** The contents of a NATS `.creds` file. */
export const natsCredentials = secretValidator((value) => {
  if (!value.includes('-----BEGIN NATS USER JWT-----')) {
    throw invalid(
      'must be the contents of a .creds file (its path belongs in the variable that ends in _FILE)',
    )
  }
  return value
})

/** An integer from `min` to `max`. */
export function integer({
  min,
  max,
}: {
  readonly min: number
  readonly max: number
}): ExactValidator<number> {
  return makeExactValidator((value) => {
    const number = Number(value)
    if (!/^-?\d+$/.test(value) || number < min || number > max) {
      throw invalid(`must be an integer from ${min} to ${max}`)
    }
    return number
  })
}

/** A TCP port; 0 lets the system choose. */
export const port = integer({ min: 0, max: 65_535 })

const MS_OF_UNIT = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration such as `7d`, `15m`, `30s` or `500ms`, in milliseconds; greater than 0. */
export const duration = makeExactValidator((value) => {
  const groups = /^(?<count>\d{1,9})(?<unit>ms|s|m|h|d)$/.exec(value)?.groups
  const unit = Object.entries(MS_OF_UNIT).find(([name]) => name === groups?.['unit'])
  const count = Number(groups?.['count'])
  if (unit === undefined || count === 0) throw invalid('must be a duration such as 7d, 12h, 15m or 30s')
  return count * unit[1]
})

/** Limits of 15 minutes and of a day, such as `100,1000`. */
export const limits = makeExactValidator((value): Limits => {
  const [, quarterHourText, dayText] = /^([1-9]\d{0,8})\s*,\s*([1-9]\d{0,8})$/.exec(value) ?? []
  const [quarterHour, day] = [Number(quarterHourText), Number(dayText)]
  if (Number.isNaN(quarterHour) || quarterHour > day) {
    throw invalid('must be the limits of 15 minutes and of a day such as 100,1000')
  }
  return Object.freeze({ quarterHour, day })
})

/** A key ring `id:base64,id:base64` of 32-byte keys with unique ids. */
export const keyRing = secretValidator((value): readonly RingKey[] => {
  try {
    return parseRingKeys(value)
  } catch (error) {
    if (error instanceof KeyRingError)
      throw invalid(`must be a key ring id:base64,id:base64; ${error.message}`)
    throw error
  }
})

/** Texts separated by commas. */
export const commaList = makeExactValidator((value): readonly string[] => commaSeparated(value))

/** One of the given words. */
export function oneOf<const T extends string>(...words: readonly T[]): ExactValidator<T> {
  return makeExactValidator((value) => {
    const word = words.find((candidate) => candidate === value)
    if (word === undefined) throw invalid(`must be one of ${words.join(', ')}`)
    return word
  })
}

/** A level of the log. */
export const logLevel: ExactValidator<LogLevel> = oneOf(
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
  'silent',
)

/** The form of the log's lines: `json` for machines, `pretty` for people. */
export const logFormat: ExactValidator<LogFormat> = oneOf('json', 'pretty')

/** Whether `URL` accepts the host name; it rejects `999.1.1.1`. */
function isHostName(value: string): boolean {
  return /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_-]+)*$/i.test(value) && URL.canParse(`http://${value}`)
}

function isNetwork(value: string): boolean {
  if (NETWORK_NAMES.includes(value)) return true
  const [address = '', bits, ...rest] = value.split('/')
  const family = isIP(address)
  if ((family !== 4 && family !== 6) || rest.length > 0) return false
  if (bits === undefined) return address !== '0.0.0.0' && address !== '::'
  return (
    /^\d{1,3}$/.test(bits) &&
    Number(bits) >= MIN_PREFIX_BITS[family] &&
    Number(bits) <= MAX_PREFIX_BITS[family]
  )
}

function commaSeparated(value: string): readonly string[] {
  const parts = value.split(',').map((part) => part.trim())
  return Object.freeze(parts.filter((part) => part !== ''))
}

function originOf(value: string): string {
  const parsed = httpUrl(value)
  const hasMore = parsed.pathname !== '/' || parsed.search !== '' || parsed.hash !== ''
  if (hasMore) throw invalid('must be an origin such as https://ikigai.example, without a path')
  return parsed.origin
}

function httpUrl(value: string): URL {
  const parsed = parseUrl(value)
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
    throw invalid('must be a URL that starts with http:// or https://')
  }
  if (parsed.username !== '' || parsed.password !== '') throw invalid('must not contain credentials')
  return parsed
}

function parseUrl(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined
}
