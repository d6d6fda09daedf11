import { type ConnectedApp, isApiScope, type PersonalToken, type StravaId } from '@ikigai/contracts'
import { appConnections, apps, type Db, personalTokens } from '@ikigai/db'
import { and, asc, desc, eq, gt } from 'drizzle-orm'

/** The apps that an athlete has authorized, each once, most recently used first. */
export async function connectedApps(db: Db, athleteId: StravaId, now: Date): Promise<ConnectedApp[]> {
  const rows = await db
    .select({ id: apps.id, name: apps.name, connection: appConnections })
    .from(appConnections)
    .innerJoin(apps, eq(apps.id, appConnections.appId))
    .where(and(eq(appConnections.athleteId, athleteId), gt(appConnections.expiresAt, now)))
    .orderBy(desc(appConnections.lastUsedAt), asc(appConnections.id))
  const found = new Map<string, ConnectedApp>()
  for (const { id, name, connection } of rows) {
    const before = found.get(id)
    const connectedAt = connection.connectedAt.toISOString()
    found.set(id, {
      id,
      name,
      scopes: [...new Set([...(before?.scopes ?? []), ...connection.scopes.filter(isApiScope)])],
      connected_at:
        before !== undefined && before.connected_at < connectedAt ? before.connected_at : connectedAt,
      last_used_at: before?.last_used_at ?? connection.lastUsedAt.toISOString(),
    })
  }
  return [...found.values()]
}

/** An athlete's personal access tokens that have not expired, newest first. */
export async function personalTokensOf(db: Db, athleteId: StravaId, now: Date): Promise<PersonalToken[]> {
  const rows = await db
    .select()
    .from(personalTokens)
    .where(and(eq(personalTokens.athleteId, athleteId), gt(personalTokens.expiresAt, now)))
    .orderBy(desc(personalTokens.createdAt))
  return rows.map(({ id, name, scopes, createdAt, expiresAt }) => ({
    id,
    name,
    scopes: scopes.filter(isApiScope),
    created_at: createdAt.toISOString(),
    expires_at: expiresAt.toISOString(),
  }))
}
