import { randomBytes } from 'node:crypto'
import type { RingKey } from '@ikigai/keyring'
import { SignJWT } from 'jose'
import { DEFAULT_SESSION_TTL_MS, type Session, TOKEN } from './session.ts'

export interface MintSessionOptions {
  /** The sessions' key ring; its first key signs. */
  readonly keys: readonly RingKey[]
  readonly athleteId: string
  /** Epoch ms. */
  readonly now: number
  /** Default 30 days. */
  readonly ttlMs?: number
}

/** Creates a session and signs its token, a bearer credential for the athlete's data. */
export async function mintSession(
  options: MintSessionOptions,
): Promise<{ readonly token: string; readonly session: Session }> {
  const { keys, athleteId, now, ttlMs = DEFAULT_SESSION_TTL_MS } = options
  const [signingKey] = keys
  if (signingKey === undefined) throw new TypeError('The key ring is empty')
  const session: Session = {
    athleteId,
    sid: randomBytes(16).toString('base64url'),
    issuedAtMs: now,
    expiresAtMs: now + ttlMs,
  }
  // With fractions of a second: a session minted just after a revocation must not be covered by it.
  const token = await new SignJWT({ sid: session.sid })
    .setProtectedHeader({ alg: TOKEN.algorithm, typ: TOKEN.type, kid: signingKey.id })
    .setIssuer(TOKEN.issuer)
    .setAudience(TOKEN.audience)
    .setSubject(athleteId)
    .setIssuedAt(session.issuedAtMs / 1_000)
    .setExpirationTime(session.expiresAtMs / 1_000)
    .sign(signingKey.key)
  return { token, session }
}
