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

/** What re-listing needs. */
export interface ResyncDeps {
  readonly db: Db
  readonly call: CallStrava
  readonly clock: Clock
  readonly logger: Logger
  /** `CACHE_MAX_AGE` in ms. */
  readonly maxAgeMs: number
  readonly clocks: Pick<ClockCheck, 'agree'>
}

/** A row of `listings`. */
export type Resync = typeof resyncs.$inferSelect

/** How long a listing is put off that could not be brought to its end. */
const POSTPONE_MS = 6 * 3_600_000

/** The listing that is under way for an athlete, if one is. */
export async function readResync(db: Db, athleteId: StravaId): Promise<Resync | undefined> {
  const [row] = await db.select().from(resyncs).where(eq(resyncs.athleteId, athleteId))
  return row?.state === 'idle' ? undefined : row
}

/** Whether a listing still stands where it was read: nobody else has moved it on, and no new import has begun. */
export async function isUnchanged(tx: Tx, { athleteId, run, step, generation }: Resync): Promise<boolean> {
  const [row] = await tx
    .select({
      run: resyncs.run,
      step: resyncs.step,
      state: resyncs.state,
      import: imports.generation,
    })
    .from(resyncs)
    .innerJoin(imports, eq(imports.athleteId, resyncs.athleteId))
    .where(eq(resyncs.athleteId, athleteId))
    .for('update', { of: resyncs })
  return row?.run === run && row.step === step && row.state !== 'idle' && row.import === generation
}

/** Writes where a listing now stands. */
export async function updateResync(tx: Tx, { athleteId }: Resync, changes: Partial<Resync>): Promise<void> {
  await tx.update(resyncs).set(changes).where(eq(resyncs.athleteId, athleteId))
}

/** The next call of a listing. */
export const nextResyncCall = ({ athleteId }: Pick<Resync, 'athleteId'>): Work => ({
  lane: 'resync',
  athleteId,
})

/** Ends a listing that cannot be brought to its end now; nothing follows from it. */
export async function postpone({ db, clock }: Pick<ResyncDeps, 'db' | 'clock'>, row: Resync): Promise<void> {
  const now = clock.now()
  await db
    .update(resyncs)
    .set({ state: 'idle', dueAt: new Date(now + POSTPONE_MS), updatedAt: new Date(now) })
    .where(and(eq(resyncs.athleteId, row.athleteId), eq(resyncs.run, row.run)))
}

/** The condition of what a listing has not shown, and nothing newer speaks of. */
export function isMissingFrom({ athleteId, run, startedAt }: Resync, now: Date): SQL {
  const condition = and(
    eq(activities.athleteId, athleteId),
    sql`${activities.resyncRun} is distinct from ${run}`,
    or(lt(activities.observedAt, startedAt), isAhead(activities.observedAt, now)),
  )
  return condition ?? sql`false`
}

/** Of that, how many are as old as the oldest one shown (epoch seconds; null: none was shown), or older. */
export async function countUnmet(tx: Tx, row: Resync, oldestSeen: number | null, now: Date): Promise<number> {
  const isOld = oldestSeen === null ? undefined : lt(activities.startAt, new Date((oldestSeen + 1) * 1_000))
  const [found] = await tx
    .select({ unmet: count() })
    .from(activities)
    .where(and(isMissingFrom(row, now), isOld))
  return found?.unmet ?? 0
}

/** How often everything is re-listed as things are: as many calls as the imports took, by the limits of Strava's headers. */
export async function currentInterval(db: Db | Tx, maxAgeMs: number): Promise<ResyncInterval> {
  const [[total], ledger] = await Promise.all([
    db.select({ calls: sum(imports.pages).mapWith(Number) }).from(imports),
    readLedger(db),
  ])
  const readsPerDay = ledger?.read.limit.day ?? UNKNOWN_LIMIT
  return resyncInterval({ calls: total?.calls ?? 0, readsPerDay, maxAgeMs })
}

/** Strava's limit for a new application, before any call has said better. */
const UNKNOWN_LIMIT = 1_000
