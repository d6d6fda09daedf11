import type { Clock, Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { activities, type Db, imports, resyncs, type Tx } from '@ikigai/db'
import { readLedger } from '@ikigai/quota'
import { and, count, eq, lt, or, type SQL, sql, sum } from 'drizzle-orm'
import type { CallStrava } from '../calls/strava-calls.ts'
import { isAhead } from '../clocks/ahead.ts'
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

/** A row of `resyncs`: the state machine is drawn in docs/architecture.md. */
export type Resync = typeof resyncs.$inferSelect

/** Delay of the next run after one that could not be finished. */
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

/** Ends a run that cannot be finished now, without consequences, and sets a later date for the next. */
export async function postpone({ db, clock }: Pick<ResyncDeps, 'db' | 'clock'>, row: Resync): Promise<void> {
  const now = clock.now()
  await db
    .update(resyncs)
    .set({ state: 'idle', dueAt: new Date(now + POSTPONE_MS), updatedAt: new Date(now) })
    .where(and(eq(resyncs.athleteId, row.athleteId), eq(resyncs.run, row.run)))
}

/** The condition of the activities that a run has not returned and that nothing newer confirmed. */
export function isMissingFrom({ athleteId, run, startedAt }: Resync, now: Date): SQL {
  const condition = and(
    eq(activities.athleteId, athleteId),
    sql`${activities.resyncRun} is distinct from ${run}`,
    or(lt(activities.observedAt, startedAt), isAhead(activities.observedAt, now)),
  )
  return condition ?? sql`false`
}

/** Counts the missing activities that are not newer than the oldest one returned (epoch seconds; null: none was). */
export async function countUnmet(tx: Tx, row: Resync, oldestSeen: number | null, now: Date): Promise<number> {
  const isOld = oldestSeen === null ? undefined : lt(activities.startAt, new Date((oldestSeen + 1) * 1_000))
  const [found] = await tx
    .select({ unmet: count() })
    .from(activities)
    .where(and(isMissingFrom(row, now), isOld))
  return found?.unmet ?? 0
}

/** The interval for the present load: a resync takes as many calls as the imports did, and Strava's headers tell the limit. */
export async function currentInterval(db: Db | Tx, maxAgeMs: number): Promise<ResyncInterval> {
  const [[total], ledger] = await Promise.all([
    db.select({ calls: sum(imports.pages).mapWith(Number) }).from(imports),
    readLedger(db),
  ])
  const readsPerDay = ledger?.read.limit.day ?? UNKNOWN_LIMIT
  return resyncInterval({ calls: total?.calls ?? 0, readsPerDay, maxAgeMs })
}

/** Strava's daily limit for a new application, assumed until a call has returned the real one. */
const UNKNOWN_LIMIT = 1_000
