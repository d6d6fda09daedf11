import type { Clock, Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { activities, type Db, imports, listings, type Tx } from '@ikigai/db'
import { readLedger } from '@ikigai/quota'
import { and, count, eq, lt, or, type SQL, sql, sum } from 'drizzle-orm'
import type { CallStrava } from '../calls/strava-calls.ts'
import { isAhead } from '../clocks/ahead.ts'
import type { ClockCheck } from '../clocks/clock-check.ts'
import type { Work } from '../schedule/schedule.ts'
import { type RefreshInterval, refreshInterval } from './policy.ts'

/** What re-listing needs. */
export interface RefreshDeps {
  readonly db: Db
  readonly call: CallStrava
  readonly clock: Clock
  readonly logger: Logger
  /** `CACHE_MAX_AGE` in ms. */
  readonly maxAgeMs: number
  readonly clocks: Pick<ClockCheck, 'agree'>
}

/** A row of `listings`. */
export type Listing = typeof listings.$inferSelect

/** How long a listing is put off that could not be brought to its end. */
const PUT_OFF_MS = 6 * 3_600_000

/** The listing that is under way for an athlete, if one is. */
export async function readListing(db: Db, athleteId: StravaId): Promise<Listing | undefined> {
  const [row] = await db.select().from(listings).where(eq(listings.athleteId, athleteId))
  return row?.state === 'idle' ? undefined : row
}

/** Whether a listing still stands where it was read: nobody else has moved it on, and no new import has begun. */
export async function stillThere(tx: Tx, { athleteId, cycle, steps, generation }: Listing): Promise<boolean> {
  const [row] = await tx
    .select({
      cycle: listings.cycle,
      steps: listings.steps,
      state: listings.state,
      import: imports.generation,
    })
    .from(listings)
    .innerJoin(imports, eq(imports.athleteId, listings.athleteId))
    .where(eq(listings.athleteId, athleteId))
    .for('update', { of: listings })
  return row?.cycle === cycle && row.steps === steps && row.state !== 'idle' && row.import === generation
}

/** Writes where a listing now stands. */
export async function moveListing(tx: Tx, { athleteId }: Listing, changes: Partial<Listing>): Promise<void> {
  await tx.update(listings).set(changes).where(eq(listings.athleteId, athleteId))
}

/** The next call of a listing. */
export const nextCallOf = ({ athleteId }: Pick<Listing, 'athleteId'>): Work => ({ lane: 'resync', athleteId })

/** Ends a listing that cannot be brought to its end now; nothing follows from it. */
export async function putOff({ db, clock }: Pick<RefreshDeps, 'db' | 'clock'>, row: Listing): Promise<void> {
  const now = clock.now()
  await db
    .update(listings)
    .set({ state: 'idle', dueAt: new Date(now + PUT_OFF_MS), updatedAt: new Date(now) })
    .where(and(eq(listings.athleteId, row.athleteId), eq(listings.cycle, row.cycle)))
}

/** The condition of what a listing has not shown, and nothing newer speaks of. */
export function missingIn({ athleteId, cycle, startedAt }: Listing, now: Date): SQL {
  const condition = and(
    eq(activities.athleteId, athleteId),
    sql`${activities.listedIn} is distinct from ${cycle}`,
    or(lt(activities.observedAt, startedAt), isAhead(activities.observedAt, now)),
  )
  return condition ?? sql`false`
}

/** Of that, how many are as old as the oldest one shown (epoch seconds; null: none was shown), or older. */
export async function unmetIn(tx: Tx, row: Listing, oldestSeen: number | null, now: Date): Promise<number> {
  const isOld = oldestSeen === null ? undefined : lt(activities.startAt, new Date((oldestSeen + 1) * 1_000))
  const [found] = await tx
    .select({ unmet: count() })
    .from(activities)
    .where(and(missingIn(row, now), isOld))
  return found?.unmet ?? 0
}

/** How often everything is re-listed as things are: as many calls as the imports took, by the limits of Strava's headers. */
export async function currentInterval(db: Db | Tx, maxAgeMs: number): Promise<RefreshInterval> {
  const [[total], ledger] = await Promise.all([
    db.select({ calls: sum(imports.pages).mapWith(Number) }).from(imports),
    readLedger(db),
  ])
  const readsPerDay = ledger?.read.limit.day ?? UNKNOWN_LIMIT
  return refreshInterval({ calls: total?.calls ?? 0, readsPerDay, maxAgeMs })
}

/** Strava's limit for a new application, before any call has said better. */
const UNKNOWN_LIMIT = 1_000
