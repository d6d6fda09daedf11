import { createHash, hkdfSync, randomBytes } from 'node:crypto'
import { isValid } from '@ikigai/chassis/validation'
import { createKeyRing, type KeyRing, type RingKey, SealedTextError } from '@ikigai/keyring'
import { type Static, Type } from 'typebox'

/** How long the athlete may take at Strava. */
export const SIGN_IN_TTL_MS = 600_000
/** So many may be under way in one browser; the oldest gives way. */
const MAX_UNDER_WAY = 8
const CONTEXT = 'sign-in'

const SignInSchema = Type.Object({
  state: Type.String(),
  returnTo: Type.String(),
  client: Type.Union([Type.Literal('browser'), Type.Literal('app')]),
  /** Epoch ms. */
  expiresAt: Type.Integer(),
})

/** A sign-in under way in one browser tab. */
export type SignIn = Static<typeof SignInSchema>

/** A cookie as `setCookie` and `clearCookie` of `@fastify/cookie` take it. */
export interface Cookie {
  readonly name: string
  readonly value: string
  readonly options: {
    readonly path: '/auth'
    readonly httpOnly: true
    readonly sameSite: 'lax'
    readonly secure: boolean
    readonly maxAge: number
  }
}

/**
 * The cookies that bind a `state` to the browser that began the sign-in: one for each sign-in under way, named after its
 * state, so that tabs do not get in each other's way, and taken away when it is used. The content is sealed.
 */
export interface SignInCookies {
  begin(signIn: Pick<SignIn, 'returnTo' | 'client'>): { readonly state: string; readonly cookie: Cookie }
  /** The sign-in of a state; undefined when this browser has none, or it is too old or not of our making. */
  find(state: string, cookies: Readonly<Record<string, string | undefined>>): SignIn | undefined
  /** The cookie of a state, to be cleared. */
  cookieOf(state: string): Cookie
  /** Those to clear before another one begins. */
  surplus(cookies: Readonly<Record<string, string | undefined>>): readonly Cookie[]
}

export interface SignInCookiesOptions {
  /** The sessions' key ring. */
  readonly keys: readonly RingKey[]
  /** As browsers see it: behind https the cookies are `Secure`. */
  readonly publicUrl: string
  readonly clock: { now(): number }
}

export function createSignInCookies({ keys, publicUrl, clock }: SignInCookiesOptions): SignInCookies {
  const ring = createKeyRing(keys.map(deriveKey))
  const secure = new URL(publicUrl).protocol === 'https:'
  const prefix = secure ? '__Secure-ikigai_sign_in_' : 'ikigai_sign_in_'

  const cookie = (name: string, value: string): Cookie => ({
    name,
    value,
    options: { path: '/auth', httpOnly: true, sameSite: 'lax', secure, maxAge: SIGN_IN_TTL_MS / 1_000 },
  })
  const nameOf = (state: string) =>
    `${prefix}${createHash('sha256').update(state).digest('base64url').slice(0, 16)}`

  return {
    begin(signIn) {
      const state = randomBytes(24).toString('base64url')
      const content: SignIn = { ...signIn, state, expiresAt: clock.now() + SIGN_IN_TTL_MS }
      return { state, cookie: cookie(nameOf(state), ring.seal(JSON.stringify(content), CONTEXT)) }
    },
    find(state, cookies) {
      const name = nameOf(state)
      const sealed = Object.hasOwn(cookies, name) ? cookies[name] : undefined
      const signIn = sealed === undefined ? undefined : open(ring, sealed)
      return signIn?.state === state && signIn.expiresAt > clock.now() ? signIn : undefined
    },
    cookieOf: (state) => cookie(nameOf(state), ''),
    surplus(cookies) {
      // Browsers send the oldest first (RFC 6265, 5.4).
      const names = Object.keys(cookies).filter((name) => name.startsWith(prefix))
      return names.slice(0, Math.max(0, names.length - MAX_UNDER_WAY + 1)).map((name) => cookie(name, ''))
    },
  }
}

/** The ring's keys sign sessions; for another purpose each gives another key. */
function deriveKey({ id, key }: RingKey): RingKey {
  return { id, key: Buffer.from(hkdfSync('sha256', key, '', 'ikigai sign-in cookies', 32)) }
}

function open(ring: KeyRing, sealed: string): SignIn | undefined {
  try {
    const content: unknown = JSON.parse(ring.open(sealed, CONTEXT))
    return isValid(SignInSchema, content) ? content : undefined
  } catch (error) {
    if (error instanceof SealedTextError) return undefined
    throw error
  }
}
