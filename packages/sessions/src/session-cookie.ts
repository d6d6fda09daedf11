/** The cookie that carries a session's token. */
export interface SessionCookie {
  readonly name: string
  /** For `setCookie` and `clearCookie` of `@fastify/cookie`; whoever sets it adds `expires` of the session. */
  readonly options: {
    readonly path: '/'
    readonly httpOnly: true
    readonly sameSite: 'lax'
    readonly secure: boolean
  }
}

/**
 * The session's cookie under the origin that browsers see. Behind https it is `__Host-ikigai_session` with `Secure`,
 * which no other host and no plain http can set; behind http (a laptop) `ikigai_session`.
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
  /** A browser sends a cookie by itself, whoever made it ask; a bearer token only a client of the athlete sends. */
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
 * The session token that a request presents, not verified yet. A bearer token goes before the cookie; an `Authorization`
 * of another scheme counts as none.
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
