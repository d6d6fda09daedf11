import { randomUUID } from 'node:crypto'
import { appConnections, type Db, sessionRevocations } from '@ikigai/db'
import { DEFAULT_SESSION_TTL_MS, type Session } from '@ikigai/sessions'
import { eq } from 'drizzle-orm'
import { endConnections } from '../apps/connections.ts'
import { endPersonalTokens } from '../apps/personal-tokens.ts'

/** Options of signing out everywhere. */
export interface SignOutEverywhereOptions {
  readonly now: Date
  /** Whether connections of apps and personal access tokens end too. */
  readonly withApps: boolean
}

/**
 * Ends every session of the athlete, this one included, in one transaction. The caller notifies the gateways, which end the
 * open streams.
 */
export async function signOutEverywhere(
  db: Db,
  { athleteId, issuedAtMs }: Session,
  { now, withApps }: SignOutEverywhereOptions,
): Promise<void> {
  // The clock of the replica that signed this session in may be ahead.
  const revokedAt = new Date(Math.max(now.getTime(), issuedAtMs))
  await db.transaction(async (tx) => {
    await tx.insert(sessionRevocations).values({
      id: randomUUID(),
      athleteId,
      sessionsOnly: true,
      revokedAt,
      expiresAt: new Date(revokedAt.getTime() + DEFAULT_SESSION_TTL_MS),
    })
    if (!withApps) return
    await endConnections(tx, eq(appConnections.athleteId, athleteId), now)
    await endPersonalTokens(tx, athleteId, now)
  })
}
