import { type PeriodicTask, runPeriodically } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { grants, type Tx } from '@ikigai/db'
import { and, asc, eq, gt, isNotNull, lte, or, sql } from 'drizzle-orm'
import { refreshGrant } from '../grants/refresh-grant.ts'
import { isExpired, RECHECK_INTERVAL_MS } from '../grants/rules.ts'
import { completeErasure, type DisconnectDeps } from './disconnect.ts'
import { type Erasure, eraseAthlete } from './erase-athlete.ts'

const LOOK_INTERVAL_MS = 900_000
/** A replica that dies while it tries a grant leaves it to the others after this. */
const LEASE_MS = 600_000
const BATCH_SIZE = 200

/**
 * Tries blocked grants again, once a day: a refusal may have been Strava's mistake, and then the grant is active again.
 * One that is still refused when its time is over is erased with everything of its athlete. That time is judged by the
 * clock of Strava's refusal, so that no wrong clock of ours erases anything. Any number of replicas may run this.
 */
export function startAgeing(deps: DisconnectDeps): PeriodicTask {
  const { clock, logger } = deps
  const recheckDue = async (signal: AbortSignal) => {
    for (let left = BATCH_SIZE; left > 0 && !signal.aborted; left -= 1) {
      const athleteId = await claim(deps)
      if (athleteId === undefined) return
      await recheckGrant(deps, athleteId)
    }
  }
  return runPeriodically(LOOK_INTERVAL_MS, recheckDue, clock, logger)
}

/** Takes the blocked grant that is longest due. A time that lies too far ahead was written by a wrong clock: it counts as now. */
async function claim({ db, clock }: DisconnectDeps): Promise<StravaId | undefined> {
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
  const [claimed] = await db
    .update(grants)
    .set({ recheckAt: new Date(now + LEASE_MS) })
    .where(eq(grants.athleteId, next))
    .returning({ athleteId: grants.athleteId })
  return claimed?.athleteId
}

/** Tries one blocked grant, and erases its athlete if it is refused and its time is over. */
async function recheckGrant(deps: DisconnectDeps, athleteId: StravaId): Promise<void> {
  const { refreshDeps, seal, clock, logger, metrics } = deps
  let erasure: Erasure | undefined
  const { outcome } = await refreshGrant(refreshDeps, athleteId, {
    needed: ({ blockedAt }) => blockedAt !== null,
    whenRefused: async (tx, grant, date) => {
      const at = grant.tokens === undefined ? await agreedTime(tx, clock.now()) : date
      if (!isExpired(grant, refreshDeps.gracePeriodMs, at)) return
      erasure = await eraseAthlete(tx, { seal, now: new Date(clock.now()) }, athleteId, grant.tokens ?? null)
    },
  })
  if (outcome === 'refreshed') logger.info('a blocked grant is accepted by Strava again')
  if (erasure === undefined) return
  metrics.erased('aged')
  await completeErasure(deps, erasure, 'the grant has been blocked for too long')
}

/** Strava cannot be asked about a grant that no key opens: then the earlier of our clock and the database's counts. */
async function agreedTime(tx: Tx, now: number): Promise<number> {
  const [row] = await tx.execute<{ now: number }>(sql`select extract(epoch from now())::float8 * 1000 as now`)
  return Math.min(now, row?.now ?? now)
}
