import { randomUUID } from 'node:crypto'
import type { StravaId } from '@ikigai/contracts'
import { allowedAthletes, athletes, outbox, pendingErasures, sessionRevocations, type Tx } from '@ikigai/db'
import { enqueue, eventMessage } from '@ikigai/outbox'
import { DEFAULT_SESSION_TTL_MS } from '@ikigai/sessions'
import { eq } from 'drizzle-orm'
import type { Tokens } from '../grants/tokens.ts'
import type { PendingErasureSeal } from './pending-erasure.ts'

/** An erasure with the work that follows its commit. */
export interface Erasure {
  /** Random id, which names the erasure in the log; the log does not name the athlete. */
  readonly id: string
  readonly pending: { readonly athleteId: StravaId; readonly tokens: Tokens | null }
}

/** Time that the erasing replica has for the pending work before another one may lease it: ms. */
const FIRST_ATTEMPT_LEASE_MS = 30_000

/**
 * Deletes all data of an athlete in Postgres and ends their sessions, within an `athleteTransaction`. The work that follows
 * the commit (purging NATS, revoking the grant at Strava) is recorded as a pending erasure in the same transaction.
 * @param tokens the grant to be revoked at Strava; null when Strava itself has ended it
 */
export async function eraseAthlete(
  tx: Tx,
  { seal, now }: { readonly seal: PendingErasureSeal; readonly now: Date },
  athleteId: StravaId,
  tokens: Tokens | null,
): Promise<Erasure> {
  await tx.delete(athletes).where(eq(athletes.id, athleteId))
  // After the athlete's row: by then concurrent writers have committed, and no new one can start.
  await tx.delete(outbox).where(eq(outbox.athleteId, athleteId))
  await tx.delete(allowedAthletes).where(eq(allowedAthletes.athleteId, athleteId))
  const erasure = await recordPendingErasure(tx, { seal, now }, { athleteId, tokens })
  await tx.insert(sessionRevocations).values({
    id: erasure.id,
    athleteId,
    revokedAt: now,
    expiresAt: new Date(now.getTime() + DEFAULT_SESSION_TTL_MS),
  })
  await enqueue(tx, [
    eventMessage('athlete.disconnected', athleteId, { athlete_id: athleteId, at: now.toISOString() }, now),
  ])
  return erasure
}

/** Records the work that remains after the rows are deleted: messages to purge, a grant to revoke. */
export async function recordPendingErasure(
  tx: Tx,
  { seal, now }: { readonly seal: PendingErasureSeal; readonly now: Date },
  pending: Erasure['pending'],
): Promise<Erasure> {
  const id = randomUUID()
  await tx.insert(pendingErasures).values({
    id,
    sealedToken: seal.seal(id, pending),
    dueAt: new Date(now.getTime() + FIRST_ATTEMPT_LEASE_MS),
  })
  return { id, pending }
}
