import { isValid } from '@ikigai/chassis/validation'
import { StravaIdSchema } from '@ikigai/contracts'
import type { KeyRing } from '@ikigai/keyring'
import { type Static, Type } from 'typebox'

/** What an erasure still owes: messages to be purged, and a grant to be revoked unless Strava has ended it. */
const OwedSchema = Type.Object({
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

/** See {@link OwedSchema}. */
export type Owed = Static<typeof OwedSchema>

/** Debts leave this process sealed only: they are all that is left of an athlete. */
export interface OwedSeal {
  seal(erasureId: string, owed: Owed): string
  /** @throws SealedTextError when the ring lacks the key, or the text is another's */
  open(erasureId: string, sealed: string): Owed
}

/** A debt moved to another erasure's row does not open. */
export const owedContext = (erasureId: string) => `erasure:${erasureId}`

export function createOwedSeal(keys: KeyRing): OwedSeal {
  return {
    seal: (erasureId, owed) => keys.seal(JSON.stringify(owed), owedContext(erasureId)),
    open: (erasureId, sealed) => {
      const owed: unknown = JSON.parse(keys.open(sealed, owedContext(erasureId)))
      if (!isValid(OwedSchema, owed))
        throw new TypeError('a sealed debt is not of the form that this release writes')
      return owed
    },
  }
}
