import type { StravaId } from '@ikigai/contracts'
import { activities, type Db, type Tx } from '@ikigai/db'
import { queueJob } from '@ikigai/outbox'
import type { ActivityDetail } from '@ikigai/strava'
import { and, isNotNull, sql } from 'drizzle-orm'
import { changeAthlete } from '../activities/athlete-lock.ts'
import { eraseGone } from '../activities/erase.ts'
import { storeDocuments } from '../activities/store.ts'
import type { CallResult } from '../calls/strava-calls.ts'
import type { JobResult } from '../jobs.ts'
import { afterHold, missingLong } from './close.ts'
import {
  currentInterval,
  type Listing,
  missingIn,
  moveListing,
  putOff,
  type RefreshDeps,
  refreshJob,
  stillThere,
} from './listing.ts'
import { nextRefreshAt } from './policy.ts'

/** So many of what is held are asked for before all of it is believed to be gone. */
const SAMPLE = 10

/**
 * Two complete listings a day apart lack the same mass: asks Strava for the next one of a sample. If it finds none of
 * them, all are erased; one that it finds, or that it cannot answer, leaves them held.
 */
export async function sampleNext(deps: RefreshDeps, row: Listing): Promise<JobResult> {
  const { db, call, clock } = deps
  const activityId = row.sampled < SAMPLE ? await pick(db, row, new Date(clock.now())) : undefined
  if (activityId === undefined) {
    await believe(deps, row)
    return { kind: 'done' }
  }
  const result = await call('resync', row.athleteId, (client, token) => client.getActivity(token, activityId))
  switch (result.kind) {
    case 'wait':
      return result
    case 'gone':
      return { kind: 'done' }
    case 'blocked':
      await putOff(deps, row)
      return { kind: 'done' }
    case 'failed':
      if (!result.counts) return { kind: 'retry', reason: result.reason, counts: false }
      await change(deps, row, (tx, now) => stayHeld(tx, row, now))
      return { kind: 'done' }
    case 'not_found':
      await change(deps, row, (tx, now) => goOn(tx, row, now), result.scopes)
      return { kind: 'done' }
    default:
      await change(deps, row, (tx, now) => contradict(tx, row, result, now), result.scopes)
      return { kind: 'done' }
  }
}

/** The same order for as long as the sample is being asked for, and another one the next time. */
async function pick(db: Db, row: Listing, now: Date): Promise<StravaId | undefined> {
  const [next] = await db
    .select({ id: activities.id })
    .from(activities)
    .where(and(missingIn(row, now), missingLong(row)))
    .orderBy(sql`md5(${activities.id}::text || ':' || ${row.cycle}::text)`)
    .offset(row.sampled)
    .limit(1)
  return next?.id
}

async function goOn(tx: Tx, row: Listing, now: Date): Promise<void> {
  const moved = { ...row, sampled: row.sampled + 1, steps: row.steps + 1, failures: 0, updatedAt: now }
  await moveListing(tx, row, moved)
  await queueJob(tx, refreshJob(moved), now)
}

/** Strava shows one that two listings lacked: no more of them is believed, and the day begins anew. */
async function contradict(
  tx: Tx,
  row: Listing,
  { value, sentAt }: Extract<CallResult<ActivityDetail>, { kind: 'answer' }>,
  now: Date,
): Promise<void> {
  const { athleteId } = row
  const { id, athleteId: owner, rawText: raw } = value
  await storeDocuments(
    tx,
    { athleteId, documents: [{ id, athleteId: owner, raw }], kind: 'detail', sentAt },
    now,
  )
  if (owner !== athleteId) return goOn(tx, row, now)
  await tx
    .update(activities)
    .set({ missingSince: now })
    .where(and(missingIn(row, now), isNotNull(activities.missingSince)))
  await stayHeld(tx, { ...row, held: row.held - 1, heldSince: now }, now)
}

async function stayHeld(tx: Tx, row: Listing, now: Date): Promise<void> {
  const { held, heldSince } = row
  const dueAt = afterHold(now.getTime())
  await moveListing(tx, row, { state: 'idle', held, heldSince, dueAt, updatedAt: now })
}

async function believe(deps: RefreshDeps, row: Listing): Promise<void> {
  await change(deps, row, async (tx, now) => {
    if (!deps.clocks.agree()) return stayHeld(tx, row, now)
    const which = and(missingIn(row, now), missingLong(row)) ?? sql`false`
    await eraseGone(tx, row.athleteId, which, { goneAt: row.startedAt, now })
    const { ms } = await currentInterval(tx, deps.maxAgeMs)
    const dueAt = nextRefreshAt(row.athleteId, { startedAt: row.startedAt.getTime(), isImport: false }, ms)
    const settled = {
      state: 'idle' as const,
      held: 0,
      heldSince: null,
      dueAt: new Date(dueAt),
      updatedAt: now,
    }
    await moveListing(tx, row, settled)
  })
}

async function change(
  { db, clock, kick }: RefreshDeps,
  row: Listing,
  apply: (tx: Tx, now: Date) => Promise<void>,
  under?: readonly string[],
): Promise<void> {
  const step = async (tx: Tx) => {
    if (await stillThere(tx, row)) await apply(tx, new Date(clock.now()))
  }
  await changeAthlete(db, row.athleteId, step, under)
  kick()
}
