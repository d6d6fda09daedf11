import { createHash, timingSafeEqual } from 'node:crypto'
import { appCodes, appConnections, type Db } from '@ikigai/db'
import { newSecret, secretHash } from '@ikigai/sessions'
import { and, eq, isNull } from 'drizzle-orm'
import { type ConnectionWithToken, connect, endConnections } from './connections.ts'

/** An app exchanges its code at once, so this is short. */
const CODE_TTL_MS = 60_000

/** An authorization by an athlete, until the app exchanges its code. */
export type AllowedRequest = Pick<
  typeof appCodes.$inferInsert,
  'appId' | 'athleteId' | 'redirectUri' | 'codeChallenge' | 'scopes'
>

/** Issues an authorization code for a request that the athlete has allowed. */
export async function issueCode(db: Db, allowed: AllowedRequest, now: Date): Promise<string> {
  const code = newSecret('')
  const expiresAt = new Date(now.getTime() + CODE_TTL_MS)
  await db.insert(appCodes).values({ ...allowed, codeHash: secretHash(code), expiresAt })
  return code
}

/** The parameters of a code exchange. */
export interface Redemption {
  readonly code: string
  readonly appId: string
  readonly verifier: string
  /** Optional (OAuth 2.1); if given, it must be that of the authorization request. */
  readonly redirectUri: string | undefined
  readonly now: Date
}

/**
 * Exchanges a code. Every attempt uses it up, successful or not. A code that is used again ends the connection that was created
 * with it.
 * @returns undefined if the code is refused; its use is committed all the same
 */
export function redeem(db: Db, redemption: Redemption): Promise<ConnectionWithToken | undefined> {
  const { code, appId, verifier, redirectUri, now } = redemption
  return db.transaction(async (tx) => {
    const codeHash = secretHash(code)
    const [fresh] = await tx
      .update(appCodes)
      .set({ usedAt: now })
      .where(and(eq(appCodes.codeHash, codeHash), isNull(appCodes.usedAt)))
      .returning()
    if (fresh === undefined) {
      const [used] = await tx.select().from(appCodes).where(eq(appCodes.codeHash, codeHash))
      if (used?.connectionId != null) await endConnections(tx, eq(appConnections.id, used.connectionId), now)
      return undefined
    }
    const isValid =
      fresh.appId === appId &&
      fresh.expiresAt > now &&
      (redirectUri === undefined || redirectUri === fresh.redirectUri) &&
      matchesChallenge(fresh.codeChallenge, verifier)
    if (!isValid) return undefined
    const made = await connect(tx, fresh, now)
    await tx.update(appCodes).set({ connectionId: made.connection.id }).where(eq(appCodes.codeHash, codeHash))
    return made
  })
}

/** S256 of RFC 7636, 4.6. */
function matchesChallenge(challenge: string, verifier: string): boolean {
  const [given, wanted] = [
    createHash('sha256').update(verifier).digest(),
    Buffer.from(challenge, 'base64url'),
  ]
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
