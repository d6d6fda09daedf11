/** A loopback address with an optional port (RFC 8252, 7.3), and its path and query. */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\])(?::\d{1,5})?(\/[^#\\\s]*)?$/
/** A reverse domain name as a scheme, which belongs to the owner of the domain (RFC 8252, 7.1). */
const PRIVATE_USE = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:\/[^#\\\s]*$/

/** Why an address cannot be registered as a redirect URI; undefined when it can. */
export function redirectUriFault(uri: string): string | undefined {
  if (uri.length > 256) return 'is longer than 256 characters'
  if (LOOPBACK.test(uri) || PRIVATE_USE.test(uri)) return undefined
  if (!/^[\x21-\x7e]+$/.test(uri) || /[\\#*]/.test(uri))
    return 'has a fragment, a wildcard or an invalid character'
  if (!URL.canParse(uri)) return 'is not an absolute address'
  const { protocol, username, password, hostname, href } = new URL(uri)
  if (protocol !== 'https:')
    return 'must be https, http on 127.0.0.1 or [::1], or a private-use scheme such as com.example.app:/callback'
  if (username !== '' || password !== '' || hostname === '') return 'must name a host and no user'
  return href === uri || href === `${uri}/` ? undefined : `must be written as ${href}`
}

/** Whether an address is one of the registered redirect URIs, to the last character; on loopback the port may differ. */
export function isRegistered(registered: readonly string[], uri: string): boolean {
  return registered.includes(uri) || registered.some((one) => isSameLoopback(one, uri))
}

function isSameLoopback(registered: string, uri: string): boolean {
  const [one, other] = [LOOPBACK.exec(registered), LOOPBACK.exec(uri)]
  return one !== null && other !== null && one[1] === other[1] && (one[2] ?? '') === (other[2] ?? '')
}

/** Why a text is not a valid origin; undefined when it is. */
export function originFault(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is not an origin such as https://app.example'
  const { origin, protocol, hostname } = new URL(text)
  if (origin !== text) return 'must be an origin such as https://app.example: no path, no slash at the end'
  if (protocol === 'https:') return undefined
  return protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
    ? undefined
    : 'must be https, or http on this machine'
}

/** The source that `form-action` must list to allow the redirect: an origin, or a private-use scheme. */
export function formActionSource(uri: string): string {
  const { protocol, origin } = new URL(uri)
  return origin === 'null' ? protocol : origin
}

/** The address with parameters added to its query. */
export function withParameters(uri: string, parameters: Readonly<Record<string, string>>): string {
  const added = new URLSearchParams(parameters).toString()
  return `${uri}${uri.includes('?') ? '&' : '?'}${added}`
}
