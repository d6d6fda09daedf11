import type { RingKey } from '@ikigai/keyring'
import { errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Revocations } from './revocations.ts'
import { DEFAULT_SESSION_TTL_MS, type Session, TOKEN } from './session.ts'

export interface SessionVerifierOptions {
  /** The sessions' key ring; each key verifies. */
  readonly keys: readonly RingKey[]
  readonly clock: { now(): number }
  readonly revocations: Pick<Revocations, 'isRevoked'>
  /** Maximum number of cached verified tokens; default 10,000. */
  readonly cacheSize?: number
}

export interface SessionVerifier {
  /**
   * The session of a token; undefined when the token is forged, malformed, expired or revoked. Returns a promise only for a
   * token that is not cached.
   */
  verify(token: string): Session | undefined | Promise<Session | undefined>
  /** {@link verify} without the check of revocation: whose session it is or was. It permits nothing. */
  identify(token: string): Promise<Session | undefined>
}

/** Tokens have about 300 characters; longer ones are rejected without verification. */
const MAX_TOKEN_LENGTH = 1_024
const ATHLETE_ID = /^[1-9][0-9]{0,18}$/
const SID = /^[A-Za-z0-9_-]{22}$/

/**
 * Verifies tokens within this process. The signature of a token is verified once and cached; expiry and revocation are
 * checked every time.
 */
export function createSessionVerifier(options: SessionVerifierOptions): SessionVerifier {
  const { keys, clock, revocations, cacheSize = 10_000 } = options
  const keyById = new Map(keys.map(({ id, key }) => [id, key]))
  const verified = new LRUCache<string, Session>({ max: cacheSize })

  async function check(token: string): Promise<Session | undefined> {
    try {
      const { payload } = await jwtVerify(token, ({ kid }) => keyOf(kid), {
        algorithms: [TOKEN.algorithm],
        typ: TOKEN.type,
        issuer: TOKEN.issuer,
        audience: TOKEN.audience,
        requiredClaims: ['sub', 'sid', 'iat', 'exp'],
        currentDate: new Date(clock.now()),
      })
      return sessionOf(payload)
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined
      throw error
    }
  }

  function keyOf(kid: JWTHeaderParameters['kid']): Buffer {
    const key = kid === undefined ? undefined : keyById.get(kid)
    if (key === undefined) throw new errors.JWKSNoMatchingKey()
    return key
  }

  function unexpired(token: string, session: Session): Session | undefined {
    if (session.expiresAtMs > clock.now()) return session
    verified.delete(token)
    return undefined
  }

  async function identify(token: string): Promise<Session | undefined> {
    if (token.length > MAX_TOKEN_LENGTH) return undefined
    const known = verified.get(token)
    if (known !== undefined) return unexpired(token, known)
    const session = await check(token)
    if (session === undefined) return undefined
    verified.set(token, session)
    return unexpired(token, session)
  }

  const admitted = (session: Session | undefined) =>
    session === undefined || revocations.isRevoked(session) ? undefined : session

  return {
    identify,
    verify(token) {
      const known = verified.get(token)
      return known === undefined ? identify(token).then(admitted) : admitted(unexpired(token, known))
    },
  }
}

function sessionOf({ sub, sid, iat, exp }: JWTPayload): Session | undefined {
  if (sub === undefined || !ATHLETE_ID.test(sub) || typeof sid !== 'string' || !SID.test(sid))
    return undefined
  if (iat === undefined || exp === undefined) return undefined
  const [issuedAtMs, expiresAtMs] = [Math.round(iat * 1_000), Math.round(exp * 1_000)]
  // The revocation of an athlete's sessions is kept only for this long.
  if (expiresAtMs - issuedAtMs > DEFAULT_SESSION_TTL_MS) return undefined
  return Object.freeze({ athleteId: sub, sid, issuedAtMs, expiresAtMs })
}
