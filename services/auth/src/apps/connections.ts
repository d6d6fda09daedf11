import { randomBytes, randomUUID } from 'node:crypto'
import type { StravaId } from '@ikigai/contracts'
import { appConnections, appRefreshTokens, type Db, sessionRevocations, type Tx } from '@ikigai/db'
import { ACCESS_TOKEN_TTL_MS, newSecret, secretHash, TOKEN_PREFIX } from '@ikigai/sessions'
import { and, eq, isNull, type SQL } from 'drizzle-orm'
import { OAuthError } from './oauth-error.ts'

/** Lifetime of a refresh token: ms. Each use returns a new one with the full lifetime. */
const REFRESH_TOKEN_TTL_MS = 30 * 86_400_000

/** One sign-in of an athlete through an app. */
export type Connection = typeof appConnections.$inferSelect

/** A connection and its newest refresh token. */
export interface ConnectionWithToken {
  readonly connection: Connection
  readonly refreshToken: string
}

/** Creates a connection with its first refresh token. */
export async function connect(
  tx: Tx,
  { appId, athleteId, scopes }: Pick<Connection, 'appId' | 'athleteId' | 'scopes'>,
  now: Date,
): Promise<ConnectionWithToken> {
  const connection: Connection = {
    id: randomBytes(16).toString('base64url'),
    appId,
    athleteId,
    scopes,
    connectedAt: now,
    lastUsedAt: now,
    expiresAt: new Date(now.getTime() + REFRESH_TOKEN_TTL_MS),
  }
  await tx.insert(appConnections).values(connection)
  return { connection, refreshToken: await addRefreshToken(tx, connection) }
}

/** Result of presenting a refresh token; `replayed`: the connection was ended. */
export type Rotation = ConnectionWithToken | 'unknown' | 'replayed'

/**
 * Exchanges a refresh token for the next one of its connection. A used one, presented by the app or a thief, shows that two
 * parties hold tokens of the connection, so the connection ends.
 *
 * @param narrowedTo the requested subset of the connection's scopes
 * @throws OAuthError `invalid_scope`; the refresh token stays valid
 */
export function rotate(
  db: Db,
  {
    token,
    appId,
    narrowedTo,
    now,
  }: { token: string; appId: string; narrowedTo: readonly string[] | undefined; now: Date },
): Promise<Rotation> {
  return db.transaction(async (tx) => {
    const tokenHash = secretHash(token)
    const [known] = await tx
      .select({ connection: appConnections, expiresAt: appRefreshTokens.expiresAt })
      .from(appRefreshTokens)
      .innerJoin(appConnections, eq(appConnections.id, appRefreshTokens.connectionId))
      .where(eq(appRefreshTokens.tokenHash, tokenHash))
      // Locks the connection, so that concurrent uses of its tokens are serialized.
      .for('update', { of: appConnections })
    if (known === undefined || known.connection.appId !== appId || known.expiresAt <= now) return 'unknown'
    const { connection } = known
    if (narrowedTo?.some((scope) => !connection.scopes.includes(scope)))
      throw new OAuthError('invalid_scope', 'The athlete did not allow this scope.')
    const used = await tx
      .update(appRefreshTokens)
      .set({ usedAt: now })
      .where(and(eq(appRefreshTokens.tokenHash, tokenHash), isNull(appRefreshTokens.usedAt)))
      .returning({ tokenHash: appRefreshTokens.tokenHash })
    if (used.length === 0) {
      await endConnections(tx, eq(appConnections.id, connection.id), now)
      return 'replayed'
    }
    const renewed = {
      ...connection,
      lastUsedAt: now,
      expiresAt: new Date(now.getTime() + REFRESH_TOKEN_TTL_MS),
    }
    await tx.update(appConnections).set(renewed).where(eq(appConnections.id, connection.id))
    return { connection: renewed, refreshToken: await addRefreshToken(tx, renewed) }
  })
}

/**
 * Ends connections. Their refresh tokens end at once, their access tokens as soon as the gateways have read the revocation.
 * @returns the number of ended connections
 */
export async function endConnections(tx: Tx, which: SQL, now: Date): Promise<number> {
  const ended = await tx.delete(appConnections).where(which).returning({ id: appConnections.id })
  if (ended.length === 0) return 0
  const expiresAt = new Date(now.getTime() + ACCESS_TOKEN_TTL_MS)
  await tx
    .insert(sessionRevocations)
    .values(ended.map(({ id }) => ({ id: randomUUID(), sessionId: id, revokedAt: now, expiresAt })))
  return ended.length
}

/** The connection of a refresh token, used or not. */
export async function connectionOfToken(db: Db, refreshToken: string): Promise<string | undefined> {
  const [row] = await db
    .select({ connectionId: appRefreshTokens.connectionId })
    .from(appRefreshTokens)
    .where(eq(appRefreshTokens.tokenHash, secretHash(refreshToken)))
  return row?.connectionId
}

/** The connections of an athlete to an app. */
export const connectionsOf = (athleteId: StravaId, appId: string): SQL =>
  both(eq(appConnections.athleteId, athleteId), eq(appConnections.appId, appId))

/** `and` of two conditions, which is never empty. */
export function both(one: SQL, other: SQL): SQL {
  const condition = and(one, other)
  if (condition === undefined) throw new TypeError('unreachable: both conditions are given')
  return condition
}

async function addRefreshToken(tx: Tx, { id, expiresAt }: Connection): Promise<string> {
  const token = newSecret(TOKEN_PREFIX.refresh)
  await tx.insert(appRefreshTokens).values({ tokenHash: secretHash(token), connectionId: id, expiresAt })
  return token
}
