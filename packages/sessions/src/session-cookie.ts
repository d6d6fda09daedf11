/** The cookie that carries a session's token. */
export interface SessionCookie {
  readonly name: string
  /** For `setCookie` and `clearCookie` of `@fastify/cookie`; the caller adds `expires`. */
  readonly options: {
    readonly path: '/'
    readonly httpOnly: true
    readonly sameSite: 'lax'
    readonly secure: boolean
  }
}

/**
 * The session's cookie for a public origin. With https it is `__Host-ikigai_session` with `Secure`,
 * which no other host and no plain http can set; with http (a laptop) `ikigai_session`.
 */
export function sessionCookie(publicUrl: string): SessionCookie {
  const secure = new URL(publicUrl).protocol === 'https:'
  return {
    name: secure ? '__Host-ikigai_session' : 'ikigai_session',
    options: { path: '/', httpOnly: true, sameSite: 'lax', secure },
  }
}

export interface PresentedToken {
  readonly token: string
  /** A browser attaches cookies to cross-site requests too; only the athlete's own client sends a bearer token. */
  readonly from: 'bearer' | 'cookie'
}

export interface TokenSources {
  /** {@link SessionCookie.name} */
  readonly cookieName: string
  readonly cookies: Readonly<Record<string, string | undefined>>
  /** The `Authorization` header. */
  readonly authorization: string | undefined
}

/**
 * Reads the session token of a request, without verification. A bearer token takes precedence over the cookie; other schemes
 * of `Authorization` are ignored.
 */
export function readSessionToken({
  cookieName,
  cookies,
  authorization,
}: TokenSources): PresentedToken | undefined {
  const bearer = /^Bearer +([^\s,]+) *$/i.exec(authorization ?? '')?.[1]
  if (bearer !== undefined) return { token: bearer, from: 'bearer' }
  const cookie = Object.hasOwn(cookies, cookieName) ? cookies[cookieName] : undefined
  return cookie === undefined || cookie === '' ? undefined : { token: cookie, from: 'cookie' }
}
