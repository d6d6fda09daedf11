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
import { afterQuarantine, isMissingLong } from './finish.ts'
import { nextResyncAt } from './interval.ts'
import {
  currentInterval,
  isMissingFrom,
  isUnchanged,
  nextResyncCall,
  postpone,
  type Resync,
  type ResyncDeps,
  updateResync,
} from './resync-row.ts'

/** So many of what is held are asked for before all of it is believed to be gone. */
const SAMPLE = 10

/**
 * Two complete listings a day apart lack the same mass: asks Strava for the next one of a sample. If it finds none of
 * them, all are erased; one that it finds, or that it cannot answer, leaves them held.
 */
export async function sampleNext(deps: ResyncDeps, attempt: Attempt, row: Resync): Promise<JobResult> {
  const { db, call, clock } = deps
  const activityId = row.sampled < SAMPLE ? await pick(db, row, new Date(clock.now())) : undefined
  if (activityId === undefined) return deleteAll(deps, attempt, row)
  const result = await call(attempt, (client, token) => client.getActivity(token, activityId))
  switch (result.kind) {
    case 'answer':
      return change(deps, attempt, row, (tx, now) => contradict(tx, row, result, now), result.scopes)
    case 'not_found':
      return change(deps, attempt, row, (tx, now) => goOn(tx, row, now), result.scopes)
    case 'blocked':
      await postpone(deps, row)
      return { kind: 'done' }
    default:
      if (result.kind !== 'failed' || !result.consumesAttempt) return resultWithoutAnswer(result)
      return change(deps, attempt, row, (tx, now) => keepQuarantined(tx, row, now))
  }
}

/** The same order for as long as the sample is being asked for, and another one the next time. */
async function pick(db: Db, row: Resync, now: Date): Promise<StravaId | undefined> {
  const [next] = await db
    .select({ id: activities.id })
    .from(activities)
    .where(and(isMissingFrom(row, now), isMissingLong(row)))
    .orderBy(sql`md5(${activities.id}::text || ':' || ${row.run}::text)`)
    .offset(row.sampled)
    .limit(1)
  return next?.id
}

async function goOn(tx: Tx, row: Resync, now: Date): Promise<void> {
  const moved = { ...row, sampled: row.sampled + 1, step: row.step + 1, failures: 0, updatedAt: now }
  await updateResync(tx, row, moved)
  await schedule(tx, [nextResyncCall(moved)], now)
}

/** Strava shows one that two listings lacked: no more of them is believed, and the day begins anew. */
async function contradict(
  tx: Tx,
  row: Resync,
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
    .where(and(isMissingFrom(row, now), isNotNull(activities.missingSince)))
  await keepQuarantined(tx, { ...row, quarantined: row.quarantined - 1, quarantinedSince: now }, now)
}

async function keepQuarantined(tx: Tx, row: Resync, now: Date): Promise<void> {
  const { quarantined, quarantinedSince } = row
  const dueAt = afterQuarantine(now.getTime())
  await updateResync(tx, row, { state: 'idle', quarantined, quarantinedSince, dueAt, updatedAt: now })
}

function deleteAll(deps: ResyncDeps, attempt: Attempt, row: Resync): Promise<JobResult> {
  return change(deps, attempt, row, async (tx, now) => {
    if (!deps.clocks.agree()) return keepQuarantined(tx, row, now)
    const which = and(isMissingFrom(row, now), isMissingLong(row)) ?? sql`false`
    await eraseGone(tx, row.athleteId, which, { goneAt: row.startedAt, now })
    const { ms } = await currentInterval(tx, deps.maxAgeMs)
    const dueAt = nextResyncAt(row.athleteId, { startedAt: row.startedAt.getTime(), isImport: false }, ms)
    const settled = {
      state: 'idle' as const,
      quarantined: 0,
      quarantinedSince: null,
      dueAt: new Date(dueAt),
      updatedAt: now,
    }
    await updateResync(tx, row, settled)
  })
}

async function change(
  { db, clock }: ResyncDeps,
  attempt: Attempt,
  row: Resync,
  apply: (tx: Tx, now: Date) => Promise<void>,
  under?: readonly string[],
): Promise<JobResult> {
  const step = async (tx: Tx): Promise<Ended | undefined> => {
    if (!(await isUnchanged(tx, row))) return undefined
    const now = new Date(clock.now())
    await apply(tx, now)
    return endAttempt(tx, attempt, { kind: 'done' }, now)
  }
  return { kind: 'done', ended: await changeAthlete(db, row.athleteId, step, under) }
}
