import { type Bus, purgeSubjects } from '@ikigai/bus'
import { type Clock, type Logger, runPeriodically } from '@ikigai/chassis'
import { athletes, type Db, revocationsDue, sessionRevocations, type Tx } from '@ikigai/db'
import { SealedTextError } from '@ikigai/keyring'
import type { Relay } from '@ikigai/outbox'
import { asc, eq, gt, lte, or, sql } from 'drizzle-orm'
import { athleteTransaction } from '../grants/athlete-transaction.ts'
import type { StravaGrants } from '../grants/strava-grants.ts'
import type { Erasure } from './erase-athlete.ts'
import type { Owed, OwedSeal } from './owed.ts'
import { subjectsToPurge } from './subjects-to-purge.ts'

/** Sees to it that what an erasure owes is done in the end. */
export interface Erasures {
  /** Does it now as far as it can be done; the rest is tried again later. Never throws. */
  settle(erasure: Erasure): Promise<{ readonly revoked: boolean }>
  /** Ends after the debt under way. */
  stop(): Promise<void>
}

export interface ErasuresOptions {
  readonly db: Db
  /** For transactions that wait for Strava. */
  readonly slowDb: Db
  readonly bus: Bus
  readonly relay: Relay
  readonly strava: StravaGrants
  readonly seal: OwedSeal
  readonly clock: Clock
  readonly logger: Logger
}

const LOOK_EVERY_MS = 15_000
const FIRST_RETRY_MS = 30_000
const LONGEST_RETRY_MS = 3_600_000

/** Starts looking for debts that fell due; any number of replicas may. */
export function startErasures(options: ErasuresOptions): Erasures {
  const { clock, logger, seal } = options
  let stopping = false

  const settleDue = async () => {
    await forgetExpiredRevocations(options)
    while (!stopping) {
      const due = await claim(options)
      if (due === undefined) return
      const owed = openOwed(seal, due)
      // Nobody can do what no key opens; another key ring may.
      if (owed === undefined)
        logger.error({ erasure: due.id }, 'erasure: TOKEN_ENCRYPTION_KEYS does not open what is owed')
      else await settle(options, due.id, owed)
    }
  }
  const looking = runPeriodically(LOOK_EVERY_MS, settleDue, clock, logger)

  return {
    settle: ({ id, owed }) => settle(options, id, owed),
    stop: () => {
      stopping = true
      return looking.stop()
    },
  }
}

function openOwed(seal: OwedSeal, { id, sealedToken }: typeof revocationsDue.$inferSelect): Owed | undefined {
  try {
    return seal.open(id, sealedToken)
  } catch (error) {
    if (error instanceof SealedTextError) return undefined
    throw error
  }
}

/** Takes the debt that is longest due, and puts it off in case it cannot be settled this time either. */
async function claim({ db, clock }: ErasuresOptions) {
  const now = clock.now()
  const next = db
    .select({ id: revocationsDue.id })
    .from(revocationsDue)
    .where(
      or(
        lte(revocationsDue.dueAt, new Date(now)),
        // Nothing is put off for longer: a clock that was wrong has written it.
        gt(revocationsDue.dueAt, new Date(now + 2 * LONGEST_RETRY_MS)),
      ),
    )
    .orderBy(asc(revocationsDue.dueAt))
    .limit(1)
    .for('update', { skipLocked: true })
  const waitMs = sql`least(${FIRST_RETRY_MS} * power(2, least(${revocationsDue.attempts}, 20)), ${LONGEST_RETRY_MS})`
  const [claimed] = await db
    .update(revocationsDue)
    .set({
      attempts: sql`${revocationsDue.attempts} + 1`,
      dueAt: sql`${new Date(now).toISOString()}::timestamptz + ${waitMs} * interval '1 millisecond'`,
    })
    .where(eq(revocationsDue.id, next))
    .returning()
  return claimed
}

async function settle(options: ErasuresOptions, id: string, owed: Owed): Promise<{ revoked: boolean }> {
  const { slowDb, logger } = options
  try {
    return await athleteTransaction(slowDb, owed.athleteId, async (tx) => {
      const returned = await isConnected(tx, owed.athleteId)
      // He has connected again: the grant is in use, and what NATS holds of him may be new.
      const [purged, revoked] = returned
        ? [true, true]
        : await Promise.all([purge(options, id, owed), revoke(options, id, owed)])
      if (purged && revoked) {
        await tx.delete(revocationsDue).where(eq(revocationsDue.id, id))
        logger.info({ erasure: id, returned }, 'erasure complete')
      }
      return { revoked }
    })
  } catch (error) {
    logger.warn({ err: error, erasure: id }, 'erasure: not complete; trying again')
    return { revoked: false }
  }
}

async function isConnected(tx: Tx, athleteId: string): Promise<boolean> {
  const rows = await tx.select({ id: athletes.id }).from(athletes).where(eq(athletes.id, athleteId))
  return rows.length > 0
}

/** Whether nothing of the athlete is left in NATS. */
async function purge({ bus, relay, logger }: ErasuresOptions, id: string, owed: Owed): Promise<boolean> {
  try {
    // A batch that was being sent while the rows were deleted ends before the next one begins.
    await relay.flush()
    await purgeSubjects(bus, subjectsToPurge(owed.athleteId))
    return true
  } catch (error) {
    logger.warn({ err: error, erasure: id }, 'erasure: messages could not be purged; trying again')
    return false
  }
}

/** Whether the grant is gone at Strava. */
async function revoke(options: ErasuresOptions, id: string, { athleteId, tokens }: Owed): Promise<boolean> {
  if (tokens === null) return true
  const { db, strava, seal, logger } = options
  const result = await strava.revoke(tokens, async (rotated) => {
    const sealedToken = seal.seal(id, { athleteId, tokens: rotated })
    await db.update(revocationsDue).set({ sealedToken }).where(eq(revocationsDue.id, id))
  })
  if (result.outcome === 'gone') return true
  logger.warn({ erasure: id, reason: result.reason }, 'erasure: Strava could not be told; trying again')
  return false
}

/** A revocation says nothing any more once every session that it speaks of has expired. */
async function forgetExpiredRevocations({ db, clock }: ErasuresOptions): Promise<void> {
  await db.delete(sessionRevocations).where(lte(sessionRevocations.expiresAt, new Date(clock.now())))
}
