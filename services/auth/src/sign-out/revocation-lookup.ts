import { type Db, sessionRevocations } from '@ikigai/db'
import type { Session } from '@ikigai/sessions'
import { and, eq, gte, isNull, or } from 'drizzle-orm'

/** Looks up whether a session of the page has been revoked; gateways keep the revocations in memory. */
export const revocationLookup =
  (db: Db) =>
  async ({ sid, athleteId, issuedAtMs }: Session): Promise<boolean> => {
    // A row without both ended all that there was before a restore of the database.
    const everybody = and(isNull(sessionRevocations.athleteId), isNull(sessionRevocations.sessionId))
    const ofAthlete = and(
      or(eq(sessionRevocations.athleteId, athleteId), everybody),
      gte(sessionRevocations.revokedAt, new Date(issuedAtMs)),
    )
    const found = await db
      .select({ id: sessionRevocations.id })
      .from(sessionRevocations)
      .where(or(eq(sessionRevocations.sessionId, sid), ofAthlete))
      .limit(1)
    return found.length > 0
  }
