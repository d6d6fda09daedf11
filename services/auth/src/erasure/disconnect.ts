import type { Clock, Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import type { Db } from '@ikigai/db'
import { athleteTransaction } from '../grants/athlete-transaction.ts'
import type { GrantStore } from '../grants/grant-store.ts'
import type { RefreshDeps } from '../grants/refresh-grant.ts'
import type { AuthMetrics } from '../metrics.ts'
import { type Erasure, eraseAthlete } from './erase-athlete.ts'
import type { Erasures } from './erasures.ts'
import type { PendingErasureSeal } from './pending-erasure.ts'

/** Dependencies of everything that can erase an athlete. */
export interface AccountDeps {
  readonly db: Db
  readonly store: GrantStore
  readonly refreshDeps: RefreshDeps
  readonly erasures: Erasures
  readonly seal: PendingErasureSeal
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Pick<AuthMetrics, 'erased'>
  /** Runs after each committed erasure: notifies the gateways and wakes the relay. */
  readonly afterCommit: () => void
}

/**
 * Ends an athlete's connection on request: erases all their data and revokes the grant at Strava. A grant that no key
 * decrypts cannot be revoked; the athlete can do so in Strava's settings.
 */
export async function disconnect(deps: AccountDeps, athleteId: StravaId): Promise<{ revoked: boolean }> {
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
  if (!revocable) logger.warn({ erasure: erasure.id }, 'grant not revoked at Strava: it cannot be decrypted')
  const { revoked } = await completeErasure(deps, erasure, 'requested by the athlete')
  return { revoked: revoked && revocable }
}

/** Completes a committed erasure. The log line is its record, and does not name the athlete. */
export async function completeErasure(
  { erasures, logger, afterCommit }: AccountDeps,
  erasure: Erasure,
  reason: string,
): Promise<{ revoked: boolean }> {
  logger.info({ erasure: erasure.id, reason }, 'athlete erased')
  afterCommit()
  return erasures.complete(erasure)
}
