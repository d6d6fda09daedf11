import { activities, type Tx } from '@ikigai/db'
import { and, count, eq, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm'
import { eraseGone } from '../activities/erase.ts'
import { schedule } from '../schedule/schedule.ts'
import { type Findings, HOLD_MS, judge, REPEAT_MS, type Verdict } from './judge.ts'
import { type Listing, missingIn, moveListing, nextCallOf, type RefreshDeps } from './listing.ts'
import { nextRefreshAt } from './policy.ts'

/** Clocks of replicas differ: a listing that is to come so long after another one comes a little later still. */
const CLOCK_MARGIN_MS = 60_000

/** Ends a listing: what it lacks is suspected or, if that is proven by now, erased; then the next is set. */
export async function closeListing(
  deps: Pick<RefreshDeps, 'logger' | 'clocks'>,
  tx: Tx,
  row: Listing,
  { now, intervalMs, incomplete }: ListingEnd,
): Promise<void> {
  const found = await compare(tx, row, now)
  const flawed = row.flawed || !deps.clocks.agree()
  const verdict = judge({ ...found, incomplete, flawed })
  await eraseProven(tx, row, verdict, now)
  await suspect(tx, row, verdict, now)
  const held = verdict.next === 'hold' || verdict.next === 'sample' ? found.missing : 0
  if (verdict.next === 'hold') reportHeld(deps, row, { ...found, incomplete }, now)
  const next = {
    ...row,
    state: STATES[verdict.next],
    flawed: flawed || incomplete,
    askedId: null,
    sampled: 0,
    completeAt: incomplete ? row.completeAt : row.startedAt,
    held,
    heldSince: heldSince(row, { held, verdict }, now),
    released: false,
    dueAt: new Date(dueAfter(row, verdict, now.getTime(), intervalMs)),
  }
  await moveListing(tx, row, next)
  if (next.state !== 'idle') await schedule(tx, [nextCallOf(next)], now)
}

/** How a listing ended. */
export interface ListingEnd {
  readonly now: Date
  readonly intervalMs: number
  /** Strava showed no more, though older activities are known. */
  readonly incomplete: boolean
}

const STATES = { ask: 'asking', sample: 'sampling', settled: 'idle', repeat: 'idle', hold: 'idle' } as const

function heldSince(
  { heldSince: since }: Listing,
  { held, verdict }: { readonly held: number; readonly verdict: Verdict },
  now: Date,
): Date | null {
  if (held === 0) return null
  return verdict.suspect === 'anew' ? now : (since ?? now)
}

function reportHeld(
  { logger }: Pick<RefreshDeps, 'logger'>,
  row: Listing,
  { stored, missing, incomplete }: Pick<Findings, 'stored' | 'missing' | 'incomplete'>,
  now: Date,
): void {
  logger.warn(
    { athleteId: row.athleteId, stored, missing, incomplete, since: row.heldSince ?? now },
    'mass deletion held: not believed without another complete listing a day later, or an operator',
  )
}

type Compared = Omit<Findings, 'incomplete' | 'flawed'>

async function compare(tx: Tx, row: Listing, now: Date): Promise<Compared> {
  const { athleteId, held, released, steps } = row
  const isMissing = missingIn(row, now)
  const among = (condition: SQL | undefined) =>
    sql<number>`count(*) filter (where ${and(isMissing, condition)})`.mapWith(Number)
  const [counts] = await tx
    .select({
      stored: count(),
      missing: among(undefined),
      again: among(isNotNull(activities.missingSince)),
      longAgain: among(missingLong(row)),
    })
    .from(activities)
    .where(eq(activities.athleteId, athleteId))
  const none = { stored: 0, missing: 0, again: 0, longAgain: 0 }
  return { ...(counts ?? none), held, released, calls: steps }
}

/** The condition that an earlier complete listing, at least {@link HOLD_MS} before, lacked it too. */
export const missingLong = ({ startedAt }: Listing): SQL =>
  lte(activities.missingSince, new Date(startedAt.getTime() - HOLD_MS))

async function eraseProven(tx: Tx, row: Listing, { erase }: Verdict, now: Date): Promise<void> {
  if (erase === 'none') return
  const which = and(missingIn(row, now), erase === 'all' ? undefined : isNotNull(activities.missingSince))
  await eraseGone(tx, row.athleteId, which ?? sql`false`, { goneAt: row.startedAt, now })
}

async function suspect(tx: Tx, row: Listing, verdict: Verdict, now: Date): Promise<void> {
  if (verdict.suspect === 'none') return
  const first = verdict.suspect === 'anew' ? undefined : isNull(activities.missingSince)
  await tx
    .update(activities)
    .set({ missingSince: now })
    .where(and(missingIn(row, now), first))
}

/** When a listing that found something held is followed by another one. */
export const afterHold = (now: number): Date => new Date(now + HOLD_MS + CLOCK_MARGIN_MS)

function dueAfter(row: Listing, { next }: Verdict, now: number, intervalMs: number): number {
  if (next === 'repeat') return now + REPEAT_MS + CLOCK_MARGIN_MS
  if (next === 'hold' || next === 'sample') return afterHold(now).getTime()
  return nextRefreshAt(row.athleteId, { startedAt: row.startedAt.getTime(), isImport: false }, intervalMs)
}
