import { type Db, sessionRevocations } from '@ikigai/db'
import type { Session } from '@ikigai/sessions'
import { and, eq, gte, or } from 'drizzle-orm'

/** Looks up whether a session of the page has been revoked; gateways keep the revocations in memory. */
export const revocationLookup =
  (db: Db) =>
  async ({ sid, athleteId, issuedAtMs }: Session): Promise<boolean> => {
    const ofAthlete = and(
      eq(sessionRevocations.athleteId, athleteId),
      gte(sessionRevocations.revokedAt, new Date(issuedAtMs)),
    )
    const found = await db
      .select({ id: sessionRevocations.id })
      .from(sessionRevocations)
      .where(or(eq(sessionRevocations.sessionId, sid), ofAthlete))
      .limit(1)
    return found.length > 0
  }
