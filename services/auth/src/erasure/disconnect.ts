import type { Clock, Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import type { Db } from '@ikigai/db'
import { athleteTransaction } from '../grants/athlete-transaction.ts'
import type { GrantStore } from '../grants/grant-store.ts'
import type { RefreshDeps } from '../grants/refresh-grant.ts'
import type { AuthMetrics } from '../metrics.ts'
import { type Erasure, eraseAthlete } from './erase-athlete.ts'
import type { Erasures } from './erasures.ts'
import type { OwedSeal } from './owed.ts'

/** What ending a connection is made of. */
export interface DisconnectDeps {
  readonly db: Db
  readonly store: GrantStore
  readonly refreshDeps: RefreshDeps
  readonly erasures: Erasures
  readonly seal: OwedSeal
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Pick<AuthMetrics, 'erased'>
  /** Runs after each erasure has been committed: tells the gateways and sends the event. */
  readonly afterCommit: () => void
}

/**
 * Ends an athlete's connection at their own wish: everything of theirs is erased, and the grant revoked at Strava. A grant
 * that no key opens cannot be revoked; the athlete can do so in Strava's settings.
 */
export async function disconnect(deps: DisconnectDeps, athleteId: StravaId): Promise<{ revoked: boolean }> {
  const { db, store, seal, clock, logger } = deps
  const erased = await athleteTransaction(db, athleteId, async (tx) => {
    const grant = await store.read(tx, athleteId)
    if (grant === undefined) return undefined
    const tokens = grant.tokens ?? null
    const erasure = await eraseAthlete(tx, { seal, now: new Date(clock.now()) }, athleteId, tokens)
    return { erasure, revocable: tokens !== null }
  })
  if (erased === undefined) return { revoked: true }
  const { erasure, revocable } = erased
  if (!revocable)
    logger.warn({ erasure: erasure.id }, 'a grant that cannot be opened was not revoked at Strava')
  const { revoked } = await completeErasure(deps, erasure, 'the athlete wished it')
  return { revoked: revoked && revocable }
}

/** Does what a committed erasure leaves to be done. The line in the log is its record; it says nothing of whose it was. */
export async function completeErasure(
  { erasures, logger, afterCommit }: DisconnectDeps,
  erasure: Erasure,
  reason: string,
): Promise<{ revoked: boolean }> {
  logger.info({ erasure: erasure.id, reason }, 'athlete erased')
  afterCommit()
  return erasures.settle(erasure)
}
