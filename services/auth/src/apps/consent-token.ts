import { createHash } from 'node:crypto'
import { isValid } from '@ikigai/chassis/validation'
import { createKeyRing, type RingKey, SealedTextError } from '@ikigai/keyring'
import { deriveKeys } from '@ikigai/sessions'
import { Type } from 'typebox'

/** How long the consent page can be answered: ms. */
const TTL_MS = 600_000

const ContentSchema = Type.Object({ query: Type.String(), expiresAt: Type.Integer() })

/** The hidden field of the consent page. */
export interface ConsentTokens {
  /** @param query of the authorization request that the page shows */
  seal(query: string, sessionId: string): string
  /** The query of the page; undefined if the field was not sealed here, belongs to another session, or has expired. */
  open(token: string, sessionId: string): string | undefined
}

/**
 * Seals the query of an authorization request for one session, so that only a page that was shown in this session can be
 * submitted. Another site can neither make such a field nor use one of another session.
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
