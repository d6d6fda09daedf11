import { createHash } from 'node:crypto'
import { isValid } from '@ikigai/chassis/validation'
import { createKeyRing, type RingKey, SealedTextError } from '@ikigai/keyring'
import { deriveKeys } from '@ikigai/sessions'
import { Type } from 'typebox'

/** How long the page may stay open. */
const TTL_MS = 600_000

const ContentSchema = Type.Object({ query: Type.String(), expiresAt: Type.Integer() })

/** The hidden field of the consent page. */
export interface ConsentTokens {
  /** @param query of the authorization request that the page shows */
  seal(query: string, sessionId: string): string
  /** The query that this session was shown; undefined for a field that is not ours, another session's or too old. */
  open(token: string, sessionId: string): string | undefined
}

/**
 * Only the page that this session was shown can be answered: the field is sealed, together with the request that was
 * shown, for the session. Another site can neither make one nor use one that it was given.
 */
export function createConsentTokens(keys: readonly RingKey[], clock: { now(): number }): ConsentTokens {
  const ring = createKeyRing([...deriveKeys(keys, 'ikigai consent')])
  const contextOf = (sessionId: string) => `consent:${createHash('sha256').update(sessionId).digest('hex')}`
  return {
    seal: (query, sessionId) =>
      ring.seal(JSON.stringify({ query, expiresAt: clock.now() + TTL_MS }), contextOf(sessionId)),
    open(token, sessionId) {
      try {
        const content: unknown = JSON.parse(ring.open(token, contextOf(sessionId)))
        return isValid(ContentSchema, content) && content.expiresAt > clock.now() ? content.query : undefined
      } catch (error) {
        if (error instanceof SealedTextError) return undefined
        throw error
      }
    },
  }
}
