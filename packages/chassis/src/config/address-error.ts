/** An address cannot be read. The message completes a sentence that starts with its name, and holds no piece of it. */
export class AddressError extends Error {
  override readonly name = 'AddressError'
}

/**
 * The user part of an address, decoded.
 *
 * @throws AddressError for a `%` that encodes nothing
 */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AddressError(
      'holds a % without two hexadecimal digits after it: a % of a password is written %25',
    )
  }
}

/**
 * The parts of `scheme://authority/rest`. `URL` is not used for it: it refuses lists of hosts, and takes what follows a
 * slash in a password for the path.
 *
 * @throws AddressError when a user part holds characters that end it
 */
export function splitAddress(text: string): {
  readonly scheme: string
  readonly userInfo: string | undefined
  readonly hosts: readonly string[]
  /** From the first `/` on. */
  readonly rest: string
} {
  const [, scheme, authority = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is.exec(text) ?? []
  if (scheme === undefined) throw new AddressError('must begin with a scheme and ://')
  if (rest.includes('@') || rest.includes('#')) {
    throw new AddressError(
      'holds a character of a password that ends it: write / as %2F, ? as %3F, # as %23, @ as %40',
    )
  }
  const end = authority.lastIndexOf('@')
  return {
    scheme: scheme.toLowerCase(),
    userInfo: end === -1 ? undefined : authority.slice(0, end),
    hosts: authority.slice(end + 1).split(','),
    rest,
  }
}

/**
 * A user and a password, decoded.
 *
 * @throws AddressError
 */
export function credentialsOf(userInfo: string): {
  readonly user: string
  readonly password: string | undefined
} {
  const colon = userInfo.indexOf(':')
  if (colon === -1) return { user: decoded(userInfo), password: undefined }
  return { user: decoded(userInfo.slice(0, colon)), password: decoded(userInfo.slice(colon + 1)) }
}

/**
 * A host and its port: `db.example`, `10.0.0.1:5432`, `[::1]:5432`. The host comes without brackets.
 *
 * @throws AddressError
 */
export function hostAndPort(
  text: string,
  defaultPort: number,
): { readonly host: string; readonly port: number } {
  const groups =
    /^(?:\[(?<ipv6>[0-9a-f:.]+(?:%[\w.-]+)?)\]|(?<name>[^\s:[\]]+))(?::(?<port>\d{1,5}))?$/i.exec(
      text,
    )?.groups
  const host = groups?.['ipv6'] ?? groups?.['name']
  const port = Number(groups?.['port'] ?? defaultPort)
  if (host === undefined || port < 1 || port > 65_535) {
    throw new AddressError('must name a host and a port, such as db.example:5432 or [::1]:5432')
  }
  return { host: decoded(host), port }
}
