import { isValid } from '@ikigai/chassis/validation'
import { StravaIdSchema } from '@ikigai/contracts'
import type { KeyRing } from '@ikigai/keyring'
import { type Static, Type } from 'typebox'

/** Work left after an erasure: messages to purge, and tokens to revoke; null if Strava has ended the grant. */
const PendingErasureSchema = Type.Object({
  athleteId: StravaIdSchema,
  tokens: Type.Union([
    Type.Object({
      accessToken: Type.String(),
      refreshToken: Type.String(),
      /** Epoch ms. */
      expiresAt: Type.Number(),
    }),
    Type.Null(),
  ]),
})

/** See {@link PendingErasureSchema}. */
export type PendingErasure = Static<typeof PendingErasureSchema>

/** Pending erasures are stored only sealed: they are all that is left of an athlete. */
export interface PendingErasureSeal {
  seal(erasureId: string, pending: PendingErasure): string
  /** @throws SealedTextError when the ring lacks the key, or the text belongs to another erasure */
  open(erasureId: string, sealed: string): PendingErasure
}

/** Sealing context: a text moved to another erasure's row does not open. */
export const pendingErasureContext = (erasureId: string) => `erasure:${erasureId}`

export function createPendingErasureSeal(keys: KeyRing): PendingErasureSeal {
  return {
    seal: (erasureId, pending) => keys.seal(JSON.stringify(pending), pendingErasureContext(erasureId)),
    open: (erasureId, sealed) => {
      const pending: unknown = JSON.parse(keys.open(sealed, pendingErasureContext(erasureId)))
      if (!isValid(PendingErasureSchema, pending)) throw new TypeError('unknown format of a pending erasure')
      return pending
    },
  }
}
