import type { Clock, Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import type { Db } from '@ikigai/db'
import { athleteTransaction } from '../grants/athlete-transaction.ts'
import type { GrantStore } from '../grants/grant-store.ts'
import { type RefreshDeps, refreshGrant } from '../grants/refresh-grant.ts'
import { type Erasure, eraseAthlete } from './erase-athlete.ts'
import type { Erasures } from './erasures.ts'
import type { OwedSeal } from './owed.ts'

/** What ending a connection needs. */
export interface DisconnectDeps {
  readonly db: Db
  readonly store: GrantStore
  readonly refreshDeps: RefreshDeps
  readonly erasures: Erasures
  readonly seal: OwedSeal
  readonly clock: Clock
  readonly logger: Logger
  /** Runs after each erasure has been committed: tells the gateways and sends the event. */
  readonly afterCommit: () => void
}

/** Ends an athlete's connection at his own wish: all of his is erased, and the grant revoked at Strava. */
export async function disconnect(deps: DisconnectDeps, athleteId: StravaId): Promise<{ revoked: boolean }> {
  const { db, store, seal, clock } = deps
  const erasure = await athleteTransaction(db, athleteId, async (tx) => {
    const grant = await store.read(tx, athleteId)
    if (grant === undefined) return undefined
    return eraseAthlete(tx, { seal, now: new Date(clock.now()) }, athleteId, grant.tokens)
  })
  if (erasure === undefined) return { revoked: true }
  return complete(deps, erasure, 'the athlete wished it')
}

/** What {@link verifyGrant} found. */
export type Verification = 'active' | 'erased' | 'unknown' | 'unavailable'

/** Asks Strava whether a grant still stands. If not, the athlete has left, and all of his is erased. */
export async function verifyGrant(deps: DisconnectDeps, athleteId: StravaId): Promise<Verification> {
  const { refreshDeps, seal, clock } = deps
  let erasure: Erasure | undefined
  const { outcome } = await refreshGrant(refreshDeps, athleteId, {
    needed: () => true,
    whenRefused: async (tx) => {
      erasure = await eraseAthlete(tx, { seal, now: new Date(clock.now()) }, athleteId, null)
    },
  })
  if (outcome === 'unknown' || outcome === 'unavailable') return outcome
  if (erasure === undefined) return 'active'
  await complete(deps, erasure, 'Strava has ended the grant')
  return 'erased'
}

/** The line in the log is the record of the erasure; it says nothing of whose it was. */
async function complete(
  { erasures, logger, afterCommit }: DisconnectDeps,
  erasure: Erasure,
  reason: string,
): Promise<{ revoked: boolean }> {
  logger.info({ erasure: erasure.id, reason }, 'athlete erased')
  afterCommit()
  return erasures.settle(erasure)
}
