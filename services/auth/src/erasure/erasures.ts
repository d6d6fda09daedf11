import { type Bus, purgeSubjects } from '@ikigai/bus'
import { type Clock, type Logger, runPeriodically } from '@ikigai/chassis'
import { athletes, type Db, pendingErasures, sessionRevocations, type Tx } from '@ikigai/db'
import { ifOpens } from '@ikigai/keyring'
import type { Relay } from '@ikigai/outbox'
import { asc, eq, gt, lte, or, sql } from 'drizzle-orm'
import { athleteTransaction } from '../grants/athlete-transaction.ts'
import type { StravaGrants } from '../grants/strava-grants.ts'
import type { Erasure } from './erase-athlete.ts'
import type { PendingErasure, PendingErasureSeal } from './pending-erasure.ts'
import { subjectsToPurge } from './subjects-to-purge.ts'

/** Completes pending erasures, and retries until each is complete. */
export interface Erasures {
  /** Attempts the erasure now; what fails is retried later. Never throws. */
  complete(erasure: Erasure): Promise<{ readonly revoked: boolean }>
  /** Resolves after the attempt in progress. */
  stop(): Promise<void>
}

export interface ErasuresOptions {
  readonly db: Db
  /** Pool for transactions that wait for Strava. */
  readonly slowDb: Db
  readonly bus: Bus
  readonly relay: Relay
  readonly strava: StravaGrants
  readonly seal: PendingErasureSeal
  readonly clock: Clock
  readonly logger: Logger
}

const POLL_INTERVAL_MS = 15_000
const MIN_RETRY_MS = 30_000
const MAX_RETRY_MS = 3_600_000

/** Starts polling for due erasures. Any number of replicas may run. */
export function startErasures(options: ErasuresOptions): Erasures {
  const { clock, logger, seal } = options
  let stopping = false

  const completeDue = async () => {
    await deleteExpiredRevocations(options)
    while (!stopping) {
      const due = await leaseDue(options)
      if (due === undefined) return
      const pending = ifOpens(() => seal.open(due.id, due.sealedToken))
      if (pending === undefined)
        logger.error({ erasure: due.id }, 'erasure: TOKEN_ENCRYPTION_KEYS does not decrypt the pending work')
      else await complete(options, due.id, pending)
    }
  }
  const polling = runPeriodically(POLL_INTERVAL_MS, completeDue, clock, logger)

  return {
    complete: ({ id, pending }) => complete(options, id, pending),
    stop: () => {
      stopping = true
      return polling.stop()
    },
  }
}

/** Leases the erasure that is longest due: it is due again after a backoff unless this attempt completes it. */
async function leaseDue({ db, clock }: ErasuresOptions) {
  const now = clock.now()
  const next = db
    .select({ id: pendingErasures.id })
    .from(pendingErasures)
    .where(
      or(
        lte(pendingErasures.dueAt, new Date(now)),
        // No backoff is longer: a wrong clock wrote this time.
        gt(pendingErasures.dueAt, new Date(now + 2 * MAX_RETRY_MS)),
      ),
    )
    .orderBy(asc(pendingErasures.dueAt))
    .limit(1)
    .for('update', { skipLocked: true })
  const waitMs = sql`least(${MIN_RETRY_MS} * power(2, least(${pendingErasures.attempts}, 20)), ${MAX_RETRY_MS})`
  const [leased] = await db
    .update(pendingErasures)
    .set({
      attempts: sql`${pendingErasures.attempts} + 1`,
      dueAt: sql`${new Date(now).toISOString()}::timestamptz + ${waitMs} * interval '1 millisecond'`,
    })
    .where(eq(pendingErasures.id, next))
    .returning()
  return leased
}

async function complete(
  options: ErasuresOptions,
  id: string,
  pending: PendingErasure,
): Promise<{ revoked: boolean }> {
  const { slowDb, logger } = options
  try {
    return await athleteTransaction(slowDb, pending.athleteId, async (tx) => {
      const returned = await isConnected(tx, pending.athleteId)
      // The athlete has connected again: the grant is in use, and messages in NATS may be new.
      const [purged, revoked] = returned
        ? [true, true]
        : await Promise.all([purge(options, id, pending), revoke(options, id, pending)])
      if (purged && revoked) {
        await tx.delete(pendingErasures).where(eq(pendingErasures.id, id))
        logger.info({ erasure: id, returned }, 'erasure complete')
      }
      return { revoked }
    })
  } catch (error) {
    logger.warn({ err: error, erasure: id }, 'erasure: not complete; retrying')
    return { revoked: false }
  }
}

async function isConnected(tx: Tx, athleteId: string): Promise<boolean> {
  const rows = await tx.select({ id: athletes.id }).from(athletes).where(eq(athletes.id, athleteId))
  return rows.length > 0
}

/** Purges the athlete's messages from NATS. @returns whether it succeeded */
async function purge(
  { bus, relay, logger }: ErasuresOptions,
  id: string,
  pending: PendingErasure,
): Promise<boolean> {
  try {
    // The relay may still be sending a batch that it read before the rows were deleted.
    await relay.flush()
    await purgeSubjects(bus, subjectsToPurge(pending.athleteId))
    return true
  } catch (error) {
    logger.warn({ err: error, erasure: id }, 'erasure: messages not purged; retrying')
    return false
  }
}

/** Revokes the grant at Strava. @returns whether it has ended */
async function revoke(
  options: ErasuresOptions,
  id: string,
  { athleteId, tokens }: PendingErasure,
): Promise<boolean> {
  if (tokens === null) return true
  const { db, strava, seal, logger } = options
  const result = await strava.revoke(tokens, async (rotated) => {
    const sealedToken = seal.seal(id, { athleteId, tokens: rotated })
    await db.update(pendingErasures).set({ sealedToken }).where(eq(pendingErasures.id, id))
  })
  if (result.outcome === 'gone') return true
  logger.warn({ erasure: id, reason: result.reason }, 'erasure: grant not revoked at Strava; retrying')
  return false
}

/** Deletes session revocations whose sessions have all expired. */
async function deleteExpiredRevocations({ db, clock }: ErasuresOptions): Promise<void> {
  await db.delete(sessionRevocations).where(lte(sessionRevocations.expiresAt, new Date(clock.now())))
}
