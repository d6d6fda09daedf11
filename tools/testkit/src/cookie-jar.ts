/** The cookies of a test browser. */
export interface Cookies {
  /** The value of a cookie of that host (`localhost`, not `localhost:8080`). */
  get(host: string, name: string): string | undefined
  set(host: string, name: string, value: string): void
  delete(host: string, name: string): void
  clear(): void
  /** The raw `Set-Cookie` lines seen so far, for tests of their attributes. */
  readonly received: readonly string[]
}

interface StoredCookie {
  readonly host: string
  readonly name: string
  readonly value: string
  readonly path: string
  readonly secure: boolean
}

interface CookieJar extends Cookies {
  /** The `Cookie` header for a request to `url`, or an empty string. */
  header(url: URL): string
  /** Stores the `Set-Cookie` lines of an answer from `url`. */
  store(url: URL, lines: readonly string[]): void
}

/**
 * A cookie jar with hosts, paths, `Secure` and expiry (RFC 6265, without the `Domain` attribute and `SameSite`: every
 * request counts as a navigation from within the site).
 */
export function cookieJar(): CookieJar {
  const received: string[] = []
  let stored: readonly StoredCookie[] = []

  function put(cookie: StoredCookie): void {
    stored = [...stored.filter((other) => !isSame(other, cookie)), cookie]
  }

  return {
    received,
    get: (host, name) => stored.find((cookie) => cookie.host === host && cookie.name === name)?.value,
    set: (host, name, value) => put({ host, name, value, path: '/', secure: false }),
    delete(host, name) {
      stored = stored.filter((cookie) => cookie.host !== host || cookie.name !== name)
    },
    clear() {
      stored = []
    },
    header: (url) =>
      stored
        .filter((cookie) => applies(cookie, url))
        .map(({ name, value }) => `${name}=${value}`)
        .join('; '),
    store(url, lines) {
      for (const line of lines) {
        received.push(line)
        const { cookie, expired } = parse(line, url)
        if (expired) stored = stored.filter((other) => !isSame(other, cookie))
        else put(cookie)
      }
    },
  }
}

function isSame(a: StoredCookie, b: StoredCookie): boolean {
  return a.host === b.host && a.name === b.name && a.path === b.path
}

function applies(cookie: StoredCookie, url: URL): boolean {
  const inPath = url.pathname === cookie.path || url.pathname.startsWith(cookie.path.replace(/\/?$/, '/'))
  // Browsers treat `localhost` as secure even without https.
  const safe = !cookie.secure || url.protocol === 'https:' || url.hostname === 'localhost'
  return cookie.host === url.hostname && inPath && safe
}

function parse(line: string, url: URL): { cookie: StoredCookie; expired: boolean } {
  const [pair = '', ...rest] = line.split(';').map((part) => part.trim())
  const attributes = new Map(
    rest.map((part) => nameAndValue(part)).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const [name, value] = nameAndValue(pair)
  const path = attributes.get('path')
  const cookie = {
    host: url.hostname,
    name,
    value,
    path: path?.startsWith('/') === true ? path : defaultPath(url),
    secure: attributes.has('secure'),
  }
  return { cookie, expired: isExpired(attributes) }
}

function nameAndValue(part: string): readonly [string, string] {
  const at = part.indexOf('=')
  return at === -1 ? [part, ''] : [part.slice(0, at).trim(), part.slice(at + 1).trim()]
}

function defaultPath(url: URL): string {
  return url.pathname.slice(0, url.pathname.lastIndexOf('/')) || '/'
}

function isExpired(attributes: ReadonlyMap<string, string>): boolean {
  const maxAge = attributes.get('max-age')
  if (maxAge !== undefined) return Number(maxAge) <= 0
  const expires = attributes.get('expires')
  return expires !== undefined && Date.parse(expires) <= Date.now()
}
