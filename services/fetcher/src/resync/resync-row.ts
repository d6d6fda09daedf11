import type { Clock, Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { activities, type Db, imports, resyncs, type Tx } from '@ikigai/db'
import { readLedger } from '@ikigai/quota'
import { and, count, eq, lt, or, type SQL, sql, sum } from 'drizzle-orm'
import type { CallStrava } from '../calls/strava-calls.ts'
import { isInFuture } from '../clocks/ahead.ts'
import type { ClockCheck } from '../clocks/clock-check.ts'
import type { Work } from '../schedule/schedule.ts'
import { type ResyncInterval, resyncInterval } from './interval.ts'

/** Dependencies of the jobs of the lane `resync`. */
export interface ResyncDeps {
  readonly db: Db
  readonly call: CallStrava
  readonly clock: Clock
  readonly logger: Logger
  /** `CACHE_MAX_AGE` in ms. */
  readonly maxAgeMs: number
  readonly clocks: Pick<ClockCheck, 'agree'>
}

/** A row of `resyncs`. docs/architecture.md draws its state machine. */
export type Resync = typeof resyncs.$inferSelect

/** Delay of the next run after one that could not be finished: ms. */
const POSTPONE_MS = 6 * 3_600_000

/** The athlete's current run; undefined if there is none. */
export async function readResync(db: Db, athleteId: StravaId): Promise<Resync | undefined> {
  const [row] = await db.select().from(resyncs).where(eq(resyncs.athleteId, athleteId))
  return row?.state === 'idle' ? undefined : row
}

/** Stores the progress of a run. */
export async function updateResync(tx: Tx, { athleteId }: Resync, changes: Partial<Resync>): Promise<void> {
  await tx.update(resyncs).set(changes).where(eq(resyncs.athleteId, athleteId))
}

/** The queue entry for a run's next call. */
export const nextResyncCall = ({ athleteId }: Pick<Resync, 'athleteId'>): Work => ({
  lane: 'resync',
  athleteId,
})

/** Ends a run that cannot be finished now, and makes the next one due after {@link POSTPONE_MS}. Nothing is deleted. */
export async function postpone({ db, clock }: Pick<ResyncDeps, 'db' | 'clock'>, row: Resync): Promise<void> {
  const now = clock.now()
  await db
    .update(resyncs)
    .set({ state: 'idle', dueAt: new Date(now + POSTPONE_MS), updatedAt: new Date(now) })
    .where(and(eq(resyncs.athleteId, row.athleteId), eq(resyncs.run, row.run)))
}

/** The condition that an activity was not returned by a run, and not observed since the run started either. */
export function isMissingFrom({ athleteId, run, startedAt }: Resync, now: Date): SQL {
  const condition = and(
    eq(activities.athleteId, athleteId),
    sql`${activities.resyncRun} is distinct from ${run}`,
    or(lt(activities.observedAt, startedAt), isInFuture(activities.observedAt, now)),
  )
  return condition ?? sql`false`
}

/** Counts the missing activities that are not newer than the oldest one that the run returned (epoch seconds; null: none). */
export async function countUnmet(tx: Tx, row: Resync, oldestSeen: number | null, now: Date): Promise<number> {
  const isOld = oldestSeen === null ? undefined : lt(activities.startAt, new Date((oldestSeen + 1) * 1_000))
  const [found] = await tx
    .select({ unmet: count() })
    .from(activities)
    .where(and(isMissingFrom(row, now), isOld))
  return found?.unmet ?? 0
}

/** The interval for the present load: resyncs take as many calls as the imports did. The limit is the one in Strava's headers. */
export async function currentInterval(db: Db | Tx, maxAgeMs: number): Promise<ResyncInterval> {
  const [[total], ledger] = await Promise.all([
    db.select({ calls: sum(imports.pages).mapWith(Number) }).from(imports),
    readLedger(db),
  ])
  const readsPerDay = ledger?.read.limit.day ?? DEFAULT_READS_PER_DAY
  return resyncInterval({ calls: total?.calls ?? 0, readsPerDay, maxAgeMs })
}

/** Strava's daily limit for a new application, assumed until a call has returned the real one. */
const DEFAULT_READS_PER_DAY = 1_000
