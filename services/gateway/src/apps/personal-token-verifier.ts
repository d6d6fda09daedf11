import type { Db } from '@ikigai/db'
import { personalTokens } from '@ikigai/db'
import { type Revocations, type Session, secretHash, TOKEN_PREFIX } from '@ikigai/sessions'
import { eq } from 'drizzle-orm'
import { LRUCache } from 'lru-cache'

/** Cache time of a token: ms. A revocation takes effect at once all the same. */
const CACHE_TTL_MS = 300_000
const MAX_CACHED = 10_000
const FORM = /^ikigai_pat_[A-Za-z0-9_-]{43}$/

/** The rights of a personal access token. */
export interface PersonalAccess extends Session {
  readonly scopes: readonly string[]
}

export interface PersonalTokenVerifier {
  /** Undefined when there is no such token, or it has ended. */
  verify(token: string): Promise<PersonalAccess | undefined>
}

/** Looks tokens up by their hash. The clear text is neither stored nor cached. */
export function createPersonalTokenVerifier(
  db: Db,
  clock: { now(): number },
  revocations: Pick<Revocations, 'isRevoked'>,
): PersonalTokenVerifier {
  const cached = new LRUCache<string, PersonalAccess & { readonly readAtMs: number }>({ max: MAX_CACHED })

  const lookUp = async (tokenHash: string) => {
    const [row] = await db.select().from(personalTokens).where(eq(personalTokens.tokenHash, tokenHash))
    if (row === undefined) return undefined
    const { athleteId, id: sid, scopes, createdAt, expiresAt } = row
    const times = { issuedAtMs: createdAt.getTime(), expiresAtMs: expiresAt.getTime(), readAtMs: clock.now() }
    const access = { athleteId, sid, scopes, ...times }
    cached.set(tokenHash, access)
    return access
  }

  return {
    async verify(token) {
      if (!FORM.test(token)) return undefined
      const tokenHash = secretHash(token)
      const known = cached.get(tokenHash)
      const isFresh = known !== undefined && clock.now() - known.readAtMs < CACHE_TTL_MS
      const access = isFresh ? known : await lookUp(tokenHash)
      if (access === undefined || access.expiresAtMs <= clock.now()) return undefined
      return revocations.isRevoked(access) ? undefined : access
    },
  }
}

/** Whether a bearer token has the prefix of a personal access token. */
export const isPersonalToken = (token: string) => token.startsWith(TOKEN_PREFIX.personal)
