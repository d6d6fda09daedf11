/** An address cannot be parsed. The message is the rest of a sentence that starts with its name; it contains no part of it. */
export class AddressError extends Error {
  override readonly name = 'AddressError'
}

/**
 * Decodes the user part of an address.
 *
 * @throws AddressError for a `%` that encodes nothing
 */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AddressError(
      'has a % without two hexadecimal digits after it: a % of a password is written %25',
    )
  }
}

/**
 * Splits `scheme://authority/rest`. `URL` will not do: it rejects lists of hosts, and takes the text after a
 * slash in a password for the path.
 *
 * @throws AddressError when a user part contains characters that end it
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
      'has a password with an unescaped character: write / as %2F, ? as %3F, # as %23, @ as %40',
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
 * Decodes a user and a password.
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
 * Parses a host and its port: `db.example`, `10.0.0.1:5432`, `[::1]:5432`. The host is returned without brackets.
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
