import { randomUUID } from 'node:crypto'
import type { StravaId } from '@ikigai/contracts'
import { athletes, outbox, revocationsDue, sessionRevocations, type Tx } from '@ikigai/db'
import { enqueue, eventMessage } from '@ikigai/outbox'
import { DEFAULT_SESSION_TTL_MS } from '@ikigai/sessions'
import { eq } from 'drizzle-orm'
import type { Tokens } from '../grants/tokens.ts'
import type { OwedSeal } from './owed.ts'

/** An erasure that is committed, or about to be: what is still owed is done afterwards, and repeated until it is. */
export interface Erasure {
  /** Names it in the log; random, so that it says nothing of the athlete. */
  readonly id: string
  readonly owed: { readonly athleteId: StravaId; readonly tokens: Tokens | null }
}

/** How long whoever erases has for the rest, before another replica takes it over. */
const OWN_TRY_MS = 30_000

/**
 * Deletes all that Postgres holds of an athlete and ends his sessions, within an `athleteTransaction`. What outlives the
 * transaction (messages in NATS, the grant at Strava) is left as a debt in the same transaction.
 * @param tokens the grant to be revoked at Strava; null when Strava itself has ended it
 */
export async function eraseAthlete(
  tx: Tx,
  { seal, now }: { readonly seal: OwedSeal; readonly now: Date },
  athleteId: StravaId,
  tokens: Tokens | null,
): Promise<Erasure> {
  const erasure = { id: randomUUID(), owed: { athleteId, tokens } }
  await tx.delete(athletes).where(eq(athletes.id, athleteId))
  // After the athlete: by then whoever was writing about him has committed, and nobody can any more.
  await tx.delete(outbox).where(eq(outbox.athleteId, athleteId))
  await tx.insert(sessionRevocations).values({
    id: erasure.id,
    athleteId,
    revokedAt: now,
    expiresAt: new Date(now.getTime() + DEFAULT_SESSION_TTL_MS),
  })
  await tx.insert(revocationsDue).values({
    id: erasure.id,
    sealedToken: seal.seal(erasure.id, erasure.owed),
    dueAt: new Date(now.getTime() + OWN_TRY_MS),
  })
  await enqueue(tx, [
    eventMessage('athlete.disconnected', athleteId, { athlete_id: athleteId, at: now.toISOString() }, now),
  ])
  return erasure
}
