import { randomBytes, randomUUID } from 'node:crypto'
import { RequestError } from '@ikigai/bus'
import type { CreatedPersonalToken, NewPersonalToken, StravaId } from '@ikigai/contracts'
import { athletes, type Db, personalTokens, sessionRevocations, type Tx } from '@ikigai/db'
import { newSecret, secretHash, TOKEN_PREFIX } from '@ikigai/sessions'
import { and, count, eq, gt, type SQL } from 'drizzle-orm'
import { both } from './connections.ts'

/** Maximum number of tokens per athlete. */
const MAX_TOKENS = 50
const DAY_MS = 86_400_000
/** Lifetime of a revocation: ms. Longer than the gateways cache a token. */
const REVOCATION_TTL_MS = 3_600_000

/** Creates a personal access token. The reply contains the only copy of it. @throws RequestError */
export async function createPersonalToken(
  db: Db,
  athleteId: StravaId,
  { name, scopes, expires_in_days: days }: NewPersonalToken,
  now: Date,
): Promise<CreatedPersonalToken> {
  const token = newSecret(TOKEN_PREFIX.personal)
  const row = {
    id: randomBytes(16).toString('base64url'),
    tokenHash: secretHash(token),
    athleteId,
    name: name.trim(),
    scopes: [...scopes],
    createdAt: now,
    expiresAt: new Date(now.getTime() + days * DAY_MS),
  }
  await db.transaction(async (tx) => {
    // Locks the athlete's row, so that two requests cannot both create the last allowed token.
    const [athlete] = await tx
      .select({ id: athletes.id })
      .from(athletes)
      .where(eq(athletes.id, athleteId))
      .for('update')
    if (athlete === undefined)
      throw new RequestError({ code: 'not_found', message: 'No athlete with this id has an account.' })
    const [unexpired] = await tx
      .select({ count: count() })
      .from(personalTokens)
      .where(and(eq(personalTokens.athleteId, athleteId), gt(personalTokens.expiresAt, now)))
    if ((unexpired?.count ?? 0) >= MAX_TOKENS)
      throw new RequestError({
        code: 'bad_request',
        message: `You have ${MAX_TOKENS} tokens. End one of them first.`,
      })
    await tx.insert(personalTokens).values(row)
  })
  return {
    id: row.id,
    name: row.name,
    scopes,
    created_at: now.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    token,
  }
}

/** Ends a personal access token. Does nothing if there is none with this id. */
export const endPersonalToken = (db: Db, athleteId: StravaId, id: string, now: Date): Promise<void> =>
  db.transaction((tx) =>
    endTokens(tx, both(eq(personalTokens.id, id), eq(personalTokens.athleteId, athleteId)), now),
  )

/** Ends all personal access tokens of an athlete. */
export const endPersonalTokens = (tx: Tx, athleteId: StravaId, now: Date): Promise<void> =>
  endTokens(tx, eq(personalTokens.athleteId, athleteId), now)

async function endTokens(tx: Tx, which: SQL, now: Date): Promise<void> {
  const ended = await tx.delete(personalTokens).where(which).returning({ id: personalTokens.id })
  if (ended.length === 0) return
  const expiresAt = new Date(now.getTime() + REVOCATION_TTL_MS)
  await tx
    .insert(sessionRevocations)
    .values(ended.map(({ id }) => ({ id: randomUUID(), sessionId: id, revokedAt: now, expiresAt })))
}
