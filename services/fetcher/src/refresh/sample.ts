import type { StravaId } from '@ikigai/contracts'
import { activities, type Db, type Tx } from '@ikigai/db'
import type { ActivityDetail } from '@ikigai/strava'
import { and, isNotNull, sql } from 'drizzle-orm'
import { changeAthlete } from '../activities/athlete-lock.ts'
import { eraseGone } from '../activities/erase.ts'
import { storeDocuments } from '../activities/store.ts'
import type { CallResult } from '../calls/strava-calls.ts'
import type { Attempt } from '../schedule/attempt.ts'
import { type Ended, endAttempt } from '../schedule/end-attempt.ts'
import { type JobResult, resultWithoutAnswer } from '../schedule/job-result.ts'
import { schedule } from '../schedule/schedule.ts'
import { afterHold, missingLong } from './close.ts'
import {
  currentInterval,
  type Listing,
  missingIn,
  moveListing,
  nextCallOf,
  putOff,
  type RefreshDeps,
  stillThere,
} from './listing.ts'
import { nextRefreshAt } from './policy.ts'

/** So many of what is held are asked for before all of it is believed to be gone. */
const SAMPLE = 10

/**
 * Two complete listings a day apart lack the same mass: asks Strava for the next one of a sample. If it finds none of
 * them, all are erased; one that it finds, or that it cannot answer, leaves them held.
 */
export async function sampleNext(deps: RefreshDeps, attempt: Attempt, row: Listing): Promise<JobResult> {
  const { db, call, clock } = deps
  const activityId = row.sampled < SAMPLE ? await pick(db, row, new Date(clock.now())) : undefined
  if (activityId === undefined) return believe(deps, attempt, row)
  const result = await call(attempt, (client, token) => client.getActivity(token, activityId))
  switch (result.kind) {
    case 'answer':
      return change(deps, attempt, row, (tx, now) => contradict(tx, row, result, now), result.scopes)
    case 'not_found':
      return change(deps, attempt, row, (tx, now) => goOn(tx, row, now), result.scopes)
    case 'blocked':
      await putOff(deps, row)
      return { kind: 'done' }
    default:
      if (result.kind !== 'failed' || !result.consumesAttempt) return resultWithoutAnswer(result)
      return change(deps, attempt, row, (tx, now) => stayHeld(tx, row, now))
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
  await schedule(tx, [nextCallOf(moved)], now)
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

function believe(deps: RefreshDeps, attempt: Attempt, row: Listing): Promise<JobResult> {
  return change(deps, attempt, row, async (tx, now) => {
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
  { db, clock }: RefreshDeps,
  attempt: Attempt,
  row: Listing,
  apply: (tx: Tx, now: Date) => Promise<void>,
  under?: readonly string[],
): Promise<JobResult> {
  const step = async (tx: Tx): Promise<Ended | undefined> => {
    if (!(await stillThere(tx, row))) return undefined
    const now = new Date(clock.now())
    await apply(tx, now)
    return endAttempt(tx, attempt, { kind: 'done' }, now)
  }
  return { kind: 'done', ended: await changeAthlete(db, row.athleteId, step, under) }
}
