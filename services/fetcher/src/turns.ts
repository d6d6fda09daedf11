import { type Bus, fetchSubject, laneConsumer, pendingMessages, STREAMS } from '@ikigai/bus'
import type { Clock } from '@ikigai/chassis'
import { LANES, type Lane, type StravaId } from '@ikigai/contracts'
import { type Db, fetchJobs, servable } from '@ikigai/db'
import { explain, type Ledger } from '@ikigai/quota'
import { sql } from 'drizzle-orm'

/** Restored at once, by lane; the rest follows when these are used up. */
const AT_MOST = 1_000

/** Any fixed number: whoever counts turns holds this advisory lock, so that two do not restore the same ones. */
const LOCK_KEY = 4_154_815_123

/** Gives a lane one more turn, on behalf of this job. A turn that is lost is restored. */
export function giveTurn(
  { nc }: Pick<Bus, 'nc'>,
  job: { lane: Lane; athleteId: StravaId; activityId?: StravaId | undefined },
): void {
  nc.publish(fetchSubject(job.lane, job.athleteId, job.activityId), '{}')
}

/**
 * Jobs are rows, turns follow from them: a lane that may call and has more jobs that could be served than turns gets the
 * missing ones. That covers turns that were lost, jobs whose delay is over, and jobs whose fetcher has died.
 * @returns how many turns were given
 */
export async function restoreTurns(deps: {
  db: Db
  bus: Bus
  ledger: Ledger
  clock: Clock
}): Promise<number> {
  const { db, bus, ledger, clock } = deps
  const state = await ledger.read()
  const now = clock.now()
  const open = LANES.filter((lane) => explain(state, lane, now) === undefined)
  return db.transaction(async (tx) => {
    const [lock] = await tx.execute<{ held: boolean }>(
      sql`select pg_try_advisory_xact_lock(${LOCK_KEY}) as held`,
    )
    if (lock?.held !== true) return 0
    let given = 0
    for (const lane of open) {
      const jobs = await tx
        .select({ athleteId: fetchJobs.athleteId, activityId: fetchJobs.activityId })
        .from(fetchJobs)
        .where(sql`lane = ${lane} and ${servable(new Date(now))}`)
        .orderBy(fetchJobs.pass, fetchJobs.arrival)
        .limit(AT_MOST)
      if (jobs.length === 0) continue
      const turns = await pendingMessages(bus, STREAMS.fetch, laneConsumer(lane))
      const missing = jobs.slice(0, Math.max(0, jobs.length - turns))
      for (const job of missing) giveTurn(bus, { lane, ...job })
      given += missing.length
    }
    // On the server before the lock is let go, or the next one would count too few.
    if (given > 0) await bus.nc.flush()
    return given
  })
}
