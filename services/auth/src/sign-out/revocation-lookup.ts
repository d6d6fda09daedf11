import { type Db, sessionRevocations } from '@ikigai/db'
import type { Session } from '@ikigai/sessions'
import { and, eq, gte, isNull, or } from 'drizzle-orm'

/** Creates the function that looks up in the database whether a browser's session has been revoked. */
export const revocationLookup =
  (db: Db) =>
  async ({ sid, athleteId, issuedAtMs }: Session): Promise<boolean> => {
    // A row without both ends all sessions from before a restore of the database.
    const ofAll = and(isNull(sessionRevocations.athleteId), isNull(sessionRevocations.sessionId))
    const ofAthlete = and(
      or(eq(sessionRevocations.athleteId, athleteId), ofAll),
      gte(sessionRevocations.revokedAt, new Date(issuedAtMs)),
    )
    const found = await db
      .select({ id: sessionRevocations.id })
      .from(sessionRevocations)
      .where(or(eq(sessionRevocations.sessionId, sid), ofAthlete))
      .limit(1)
    return found.length > 0
  }
