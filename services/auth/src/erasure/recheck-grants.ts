import { type PeriodicTask, runPeriodically } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { grants, type Tx } from '@ikigai/db'
import { and, asc, eq, gt, isNotNull, lte, or, sql } from 'drizzle-orm'
import { refreshGrant } from '../grants/refresh-grant.ts'
import { isExpired, RECHECK_INTERVAL_MS } from '../grants/rules.ts'
import { type AccountDeps, completeErasure } from './disconnect.ts'
import { type Erasure, eraseAthlete } from './erase-athlete.ts'

const POLL_INTERVAL_MS = 900_000
/** Lease on a grant: ms. After it another replica may recheck the grant, for example if this one was killed. */
const LEASE_MS = 600_000
const BATCH_SIZE = 200

/**
 * Rechecks blocked grants once a day: a refusal may have been a mistake of Strava's, and then the grant is active again.
 * An athlete whose grant is still refused at the end of its retention is erased. The retention is measured by Strava's clock, in
 * the `Date` of its refusal, so that a wrong clock of ours erases nothing. Any number of replicas may run this.
 */
export function startGrantRechecks(deps: AccountDeps): PeriodicTask {
  const { clock, logger } = deps
  const recheckDue = async (signal: AbortSignal) => {
    for (let left = BATCH_SIZE; left > 0 && !signal.aborted; left -= 1) {
      const athleteId = await leaseDue(deps)
      if (athleteId === undefined) return
      await recheckGrant(deps, athleteId)
    }
  }
  return runPeriodically(POLL_INTERVAL_MS, recheckDue, clock, logger)
}

/** Leases the blocked grant with the oldest due time. A time too far in the future was written by a wrong clock and counts as due. */
async function leaseDue({ db, clock }: AccountDeps): Promise<StravaId | undefined> {
  const now = clock.now()
  const isDue = or(
    lte(grants.recheckAt, new Date(now)),
    gt(grants.recheckAt, new Date(now + 2 * RECHECK_INTERVAL_MS)),
  )
  const next = db
    .select({ athleteId: grants.athleteId })
    .from(grants)
    .where(and(isNotNull(grants.blockedAt), isDue))
    .orderBy(asc(grants.recheckAt))
    .limit(1)
    .for('update', { skipLocked: true })
  const [leased] = await db
    .update(grants)
    .set({ recheckAt: new Date(now + LEASE_MS) })
    .where(eq(grants.athleteId, next))
    .returning({ athleteId: grants.athleteId })
  return leased?.athleteId
}

/** Refreshes one blocked grant, and erases the athlete if it is refused and its retention is over. */
async function recheckGrant(deps: AccountDeps, athleteId: StravaId): Promise<void> {
  const { refreshDeps, seal, clock, logger, metrics } = deps
  let erasure: Erasure | undefined
  const { outcome } = await refreshGrant(refreshDeps, athleteId, {
    needed: ({ blockedAt }) => blockedAt !== null,
    whenRefused: async (tx, grant, date) => {
      const at = grant.tokens === undefined ? await earlierTime(tx, clock.now()) : date
      if (!isExpired(grant, refreshDeps.gracePeriodMs, at)) return
      erasure = await eraseAthlete(tx, { seal, now: new Date(clock.now()) }, athleteId, grant.tokens ?? null)
    },
  })
  if (outcome === 'refreshed') logger.info('Strava accepts a blocked grant again')
  if (erasure === undefined) return
  metrics.erased('expired')
  await completeErasure(deps, erasure, 'the grant has been blocked for too long')
}

/** For a grant that no key decrypts, so that Strava's clock is not known: the earlier of our clock and the database's. Epoch ms. */
async function earlierTime(tx: Tx, now: number): Promise<number> {
  const [row] = await tx.execute<{ now: number }>(sql`select extract(epoch from now())::float8 * 1000 as now`)
  return Math.min(now, row?.now ?? now)
}
