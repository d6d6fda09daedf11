import type { Clock } from '@ikigai/chassis'
import { athletes, type Db } from '@ikigai/db'
import type { RingKey } from '@ikigai/keyring'
import {
  createRevocations,
  createSessionVerifier,
  readSessionToken,
  type Session,
  type SessionCookie,
} from '@ikigai/sessions'
import { eq } from 'drizzle-orm'
import type { FastifyRequest } from 'fastify'
import { revocationLookup } from '../sign-out/revocation-lookup.ts'

/** The athlete who is signed in in a browser. */
export interface CurrentAthlete {
  readonly session: Session
  readonly name: string
}

export interface CurrentAthleteOptions {
  readonly db: Db
  readonly clock: Clock
  readonly sessionKeys: readonly RingKey[]
  readonly sessionCookie: SessionCookie
}

/**
 * Creates the function that finds the athlete of a request's session cookie. It looks revocations up in the database, unlike the
 * gateways, which keep them in memory: a consent outlasts the request.
 */
export function currentAthlete({ db, clock, sessionKeys: keys, sessionCookie }: CurrentAthleteOptions) {
  const isRevoked = revocationLookup(db)
  const verifier = createSessionVerifier({ keys, clock, revocations: createRevocations({ clock }) })

  return async ({ cookies }: FastifyRequest): Promise<CurrentAthlete | undefined> => {
    const presented = readSessionToken({ cookieName: sessionCookie.name, cookies, authorization: undefined })
    const session = presented === undefined ? undefined : await verifier.verify(presented.token)
    if (session === undefined || (await isRevoked(session))) return undefined
    const [athlete] = await db.select().from(athletes).where(eq(athletes.id, session.athleteId))
    if (athlete === undefined) return undefined
    const { firstName, lastName, username } = athlete
    const name = [firstName, lastName].filter(Boolean).join(' ') || username || `athlete ${athlete.id}`
    return { session, name }
  }
}
