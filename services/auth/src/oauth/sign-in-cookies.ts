import { createHash, hkdfSync, randomBytes } from 'node:crypto'
import { isValid } from '@ikigai/chassis/validation'
import { createKeyRing, ifOpens, type RingKey } from '@ikigai/keyring'
import { type Static, Type } from 'typebox'

/** Maximum time that a sign-in may take at Strava: ms. */
export const SIGN_IN_TTL_MS = 600_000
/** Maximum number of pending sign-ins in one browser; the oldest is dropped. */
const MAX_PENDING = 8
const CONTEXT = 'sign-in'

const SignInSchema = Type.Object({
  state: Type.String(),
  returnTo: Type.String(),
  /** Token of the invitation with which it began. */
  invitation: Type.Optional(Type.String()),
  /** Epoch ms. */
  expiresAt: Type.Integer(),
})

/** A pending sign-in of one browser tab. */
export type SignIn = Static<typeof SignInSchema>

/** A cookie for `setCookie` and `clearCookie` of `@fastify/cookie`. */
export interface Cookie {
  readonly name: string
  readonly value: string
  readonly options: {
    readonly path: '/'
    readonly httpOnly: true
    readonly sameSite: 'lax'
    readonly secure: boolean
    readonly maxAge: number
  }
}

/**
 * The cookies that bind a `state` to the browser that began the sign-in: one for each pending sign-in, named after its
 * state, so that tabs do not interfere, and cleared on use. The content is sealed.
 */
export interface SignInCookies {
  begin(signIn: Pick<SignIn, 'returnTo' | 'invitation'>): {
    readonly state: string
    readonly cookie: Cookie
  }
  /** The sign-in of a state; undefined when this browser has none, or it has expired or does not decrypt. */
  find(state: string, cookies: Readonly<Record<string, string | undefined>>): SignIn | undefined
  /** The cookie of a state, to be cleared. */
  cookieOf(state: string): Cookie
  /** The cookies to clear before another sign-in begins. */
  surplus(cookies: Readonly<Record<string, string | undefined>>): readonly Cookie[]
}

export interface SignInCookiesOptions {
  /** The sessions' key ring. */
  readonly keys: readonly RingKey[]
  /** With https the cookies are `Secure` and `__Host-`: no other host below the same domain can set one. */
  readonly publicUrl: string
  readonly clock: { now(): number }
}

export function createSignInCookies({ keys, publicUrl, clock }: SignInCookiesOptions): SignInCookies {
  const ring = createKeyRing(keys.map(deriveKey))
  const secure = new URL(publicUrl).protocol === 'https:'
  const prefix = secure ? '__Host-ikigai_sign_in_' : 'ikigai_sign_in_'

  const cookie = (name: string, value: string): Cookie => ({
    name,
    value,
    options: { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge: SIGN_IN_TTL_MS / 1_000 },
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
      const signIn = sealed === undefined ? undefined : parse(ifOpens(() => ring.open(sealed, CONTEXT)))
      return signIn?.state === state && signIn.expiresAt > clock.now() ? signIn : undefined
    },
    cookieOf: (state) => cookie(nameOf(state), ''),
    surplus(cookies) {
      // Browsers send the oldest first (RFC 6265, 5.4).
      const names = Object.keys(cookies).filter((name) => name.startsWith(prefix))
      return names.slice(0, Math.max(0, names.length - MAX_PENDING + 1)).map((name) => cookie(name, ''))
    },
  }
}

/** Derives the key of these cookies from a key that signs sessions. */
function deriveKey({ id, key }: RingKey): RingKey {
  return { id, key: Buffer.from(hkdfSync('sha256', key, '', 'ikigai sign-in cookies', 32)) }
}

function parse(text: string | undefined): SignIn | undefined {
  if (text === undefined) return undefined
  const content: unknown = JSON.parse(text)
  return isValid(SignInSchema, content) ? content : undefined
}
