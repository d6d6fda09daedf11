import { activities, type Tx } from '@ikigai/db'
import { and, count, eq, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm'
import { eraseGone } from '../activities/erase.ts'
import { schedule } from '../schedule/schedule.ts'
import { type Findings, HOLD_MS, judge, REPEAT_MS, type Verdict } from './judge.ts'
import { type Listing, missingIn, moveListing, nextCallOf, type RefreshDeps } from './listing.ts'
import { nextRefreshAt } from './policy.ts'

/** Clocks of replicas differ: a listing that is to come so long after another one comes a little later still. */
const CLOCK_MARGIN_MS = 60_000

/** Ends a complete listing: what it lacks is suspected or, if that is proven by now, erased; then the next is set. */
export async function closeListing(
  deps: Pick<RefreshDeps, 'logger'>,
  tx: Tx,
  row: Listing,
  { now, intervalMs }: { readonly now: Date; readonly intervalMs: number },
): Promise<void> {
  const found = await compare(tx, row)
  const verdict = judge(found)
  const erased = await eraseProven(tx, row, verdict, now)
  await suspect(tx, row, verdict, now)
  const held = verdict.next === 'hold' ? found.missing - erased : 0
  if (held > 0) {
    deps.logger.warn(
      { athleteId: row.athleteId, stored: found.stored, missing: held, since: row.heldSince ?? now },
      'mass deletion held: not believed without another complete listing or an operator',
    )
  }
  const next = {
    ...row,
    state: verdict.next === 'ask' ? ('asking' as const) : ('idle' as const),
    askedId: null,
    completeAt: row.startedAt,
    held,
    heldSince: held > 0 ? (row.heldSince ?? now) : null,
    released: false,
    dueAt: new Date(dueAfter(row, verdict, now.getTime(), intervalMs)),
  }
  await moveListing(tx, row, next)
  if (verdict.next === 'ask') await schedule(tx, [nextCallOf(next)], now)
}

async function compare(tx: Tx, row: Listing): Promise<Findings> {
  const { athleteId, held, released, flawed, listed, steps } = row
  const isMissing = missingIn(row)
  const among = (condition: SQL | undefined) =>
    sql<number>`count(*) filter (where ${and(isMissing, condition)})`.mapWith(Number)
  const [counts] = await tx
    .select({
      stored: count(),
      missing: among(undefined),
      again: among(isNotNull(activities.missingSince)),
      longAgain: among(missingSince(row, HOLD_MS)),
    })
    .from(activities)
    .where(eq(activities.athleteId, athleteId))
  const none = { stored: 0, missing: 0, again: 0, longAgain: 0 }
  return { ...(counts ?? none), listed, held, released, flawed, calls: steps }
}

const missingSince = ({ startedAt }: Listing, ms: number): SQL =>
  lte(activities.missingSince, new Date(startedAt.getTime() - ms))

function eraseProven(tx: Tx, row: Listing, { erase }: Verdict, now: Date): Promise<number> {
  if (erase === 'none') return Promise.resolve(0)
  const again = erase === 'again' ? isNotNull(activities.missingSince) : missingSince(row, HOLD_MS)
  const which = and(missingIn(row), again) ?? sql`false`
  return eraseGone(tx, row.athleteId, which, { goneAt: row.startedAt, now })
}

async function suspect(tx: Tx, row: Listing, { anew }: Verdict, now: Date): Promise<void> {
  await tx
    .update(activities)
    .set({ missingSince: now })
    .where(and(missingIn(row), anew ? undefined : isNull(activities.missingSince)))
}

function dueAfter(row: Listing, { next }: Verdict, now: number, intervalMs: number): number {
  if (next === 'repeat') return now + REPEAT_MS + CLOCK_MARGIN_MS
  if (next === 'hold') return now + HOLD_MS + CLOCK_MARGIN_MS
  return nextRefreshAt(row.athleteId, { startedAt: row.startedAt.getTime(), isImport: false }, intervalMs)
}
