import { AddressError, credentialsOf, hostAndPort, splitAddress } from './address-error.ts'

/** Address and credentials of a NATS server. */
export interface NatsAddress {
  /** Without credentials: `nats://[::1]:4222`. */
  readonly server: string
  readonly user: string | undefined
  /** A user without a password is a token. */
  readonly password: string | undefined
}

const DEFAULT_PORT = 4222

/**
 * Parses `nats://user:password@host:4222`; scheme, credentials and port are optional. Any host, `[::1]` included, and
 * any password, percent-encoded.
 *
 * @throws AddressError, whose message contains no part of the address
 */
export function parseNatsUrl(url: string): NatsAddress {
  const { scheme, userInfo, hosts, rest } = splitAddress(url.includes('://') ? url : `nats://${url}`)
  const [only = ''] = hosts
  if (!['nats', 'tls'].includes(scheme) || hosts.length !== 1 || only === '' || !['', '/'].includes(rest)) {
    throw new AddressError('must be servers such as nats://host:4222, separated by commas')
  }
  const { host, port } = hostAndPort(only, DEFAULT_PORT)
  return {
    server: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ...(userInfo === undefined ? { user: undefined, password: undefined } : credentialsOf(userInfo)),
  }
}
