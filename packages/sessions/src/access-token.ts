import { randomBytes } from 'node:crypto'
import type { RingKey } from '@ikigai/keyring'
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import { deriveKeys, TOKEN_PREFIX } from './credentials.ts'
import type { Revocations } from './revocations.ts'
import type { Session } from './session.ts'

/** Lifetime of an access token: 10 minutes. */
export const ACCESS_TOKEN_TTL_MS = 600_000

/** Claims of an app's access token. `sid` names the connection, under which it is revoked. */
export interface AppAccess extends Session {
  readonly appId: string
  readonly scopes: readonly string[]
}

const ALGORITHM = 'HS256'
const TYPE = 'at+jwt'
const PURPOSE = 'ikigai access tokens'
const MAX_TOKEN_LENGTH = 1_536
const ATHLETE_ID = /^[1-9][0-9]{0,18}$/

/** Signs access tokens for one audience. */
export interface AccessTokenMint {
  /** Signs a token with these claims. */
  mint(access: AppAccess): Promise<string>
}

/** Keys of the tokens, and the API's origin, which is both their issuer and their audience. */
export interface AccessTokenOptions {
  /** The sessions' key ring. */
  readonly keys: readonly RingKey[]
  readonly publicUrl: string
}

/** Access tokens are JWTs of RFC 9068 under keys derived from the sessions' key ring; its first key signs. */
export function createAccessTokenMint({ keys, publicUrl }: AccessTokenOptions): AccessTokenMint {
  const [signingKey] = deriveKeys(keys, PURPOSE)
  if (signingKey === undefined) throw new TypeError('The key ring is empty')
  return {
    mint: async ({ athleteId, sid, appId, scopes, issuedAtMs, expiresAtMs }) => {
      const token = await new SignJWT({ sid, client_id: appId, scope: scopes.join(' ') })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: signingKey.id })
        .setIssuer(publicUrl)
        .setAudience(publicUrl)
        .setSubject(athleteId)
        .setJti(randomBytes(12).toString('base64url'))
        .setIssuedAt(issuedAtMs / 1_000)
        .setExpirationTime(expiresAtMs / 1_000)
        .sign(signingKey.key)
      return TOKEN_PREFIX.access + token
    },
  }
}

export interface AccessTokenVerifier {
  /**
   * The access of a token; undefined when it is forged, malformed, expired, revoked or for another audience. Returns a promise
   * only for a token that is not cached.
   */
  verify(token: string): AppAccess | undefined | Promise<AppAccess | undefined>
  /** {@link verify} without the check of revocation. It permits nothing. */
  identify(token: string): Promise<AppAccess | undefined>
}

export interface AccessTokenVerifierOptions extends AccessTokenOptions {
  readonly clock: { now(): number }
  readonly revocations: Pick<Revocations, 'isRevoked'>
}

/** Verifies access tokens within this process: the signature once, expiry and revocation every time. */
export function createAccessTokenVerifier(options: AccessTokenVerifierOptions): AccessTokenVerifier {
  const { keys, publicUrl, clock, revocations } = options
  const keyById = new Map(deriveKeys(keys, PURPOSE).map(({ id, key }) => [id, key]))
  const verified = new LRUCache<string, AppAccess>({ max: 10_000 })

  async function check(token: string): Promise<AppAccess | undefined> {
    try {
      const { payload } = await jwtVerify(
        token.slice(TOKEN_PREFIX.access.length),
        ({ kid }) => {
          const key = kid === undefined ? undefined : keyById.get(kid)
          if (key === undefined) throw new errors.JWKSNoMatchingKey()
          return key
        },
        {
          algorithms: [ALGORITHM],
          typ: TYPE,
          issuer: publicUrl,
          audience: publicUrl,
          requiredClaims: ['sub', 'sid', 'iat', 'exp', 'client_id', 'scope'],
          currentDate: new Date(clock.now()),
        },
      )
      return accessOf(payload)
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined
      throw error
    }
  }

  function unexpired(token: string, access: AppAccess): AppAccess | undefined {
    if (access.expiresAtMs > clock.now()) return access
    verified.delete(token)
    return undefined
  }

  async function identify(token: string): Promise<AppAccess | undefined> {
    if (!token.startsWith(TOKEN_PREFIX.access) || token.length > MAX_TOKEN_LENGTH) return undefined
    const known = verified.get(token)
    if (known !== undefined) return unexpired(token, known)
    const access = await check(token)
    if (access === undefined) return undefined
    verified.set(token, access)
    return unexpired(token, access)
  }

  const admitted = (access: AppAccess | undefined) =>
    access === undefined || revocations.isRevoked(access) ? undefined : access

  return {
    identify,
    verify(token) {
      const known = verified.get(token)
      return known === undefined ? identify(token).then(admitted) : admitted(unexpired(token, known))
    },
  }
}

function accessOf({ sub, sid, iat, exp, client_id: appId, scope }: JWTPayload): AppAccess | undefined {
  if (sub === undefined || !ATHLETE_ID.test(sub) || iat === undefined || exp === undefined) return undefined
  if (typeof sid !== 'string' || typeof appId !== 'string' || typeof scope !== 'string') return undefined
  const [issuedAtMs, expiresAtMs] = [Math.round(iat * 1_000), Math.round(exp * 1_000)]
  // The revocation of a connection is kept only for this long.
  if (expiresAtMs - issuedAtMs > ACCESS_TOKEN_TTL_MS) return undefined
  const scopes = scope.split(' ').filter((one) => one !== '')
  return Object.freeze({ athleteId: sub, sid, appId, scopes, issuedAtMs, expiresAtMs })
}
