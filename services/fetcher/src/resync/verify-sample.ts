import type { StravaId } from '@ikigai/contracts'
import { activities, type Db, type Tx } from '@ikigai/db'
import type { ActivityDetail } from '@ikigai/strava'
import { and, isNotNull, sql } from 'drizzle-orm'
import { deleteActivities } from '../activities/delete-activities.ts'
import { storeDetail } from '../activities/store.ts'
import type { CallResult } from '../calls/strava-calls.ts'
import type { Attempt } from '../schedule/attempt.ts'
import { type JobResult, resultWithoutAnswer } from '../schedule/job-result.ts'
import { advance, continueRun } from './advance.ts'
import { afterQuarantine, isMissingLong } from './finish.ts'
import { nextResyncAt } from './interval.ts'
import {
  currentInterval,
  isMissingFrom,
  postpone,
  type Resync,
  type ResyncDeps,
  updateResync,
} from './resync-row.ts'

/** Number of quarantined activities for which Strava has to answer 404 before all of them are deleted. */
const SAMPLE_SIZE = 10

/**
 * Fetches the next activity of a sample, after two complete runs a day apart missed the same activities. If
 * Strava finds none of the sample, all are deleted; if it finds one, or fails, they stay quarantined.
 */
export async function sampleNext(deps: ResyncDeps, attempt: Attempt, row: Resync): Promise<JobResult> {
  const { db, call, clock } = deps
  const activityId = row.sampled < SAMPLE_SIZE ? await pick(db, row, new Date(clock.now())) : undefined
  if (activityId === undefined) return deleteAll(deps, attempt, row)
  const result = await call(attempt, (client, token) => client.getActivity(token, activityId))
  switch (result.kind) {
    case 'answer':
      return advance(deps, attempt, row, (tx, now) => contradict(tx, row, result, now), result.scopes)
    case 'not_found':
      return advance(deps, attempt, row, (tx, now) => notFound(tx, row, now), result.scopes)
    case 'blocked':
      await postpone(deps, row)
      return { kind: 'done' }
    default:
      if (result.kind !== 'failed' || !result.consumesAttempt) return resultWithoutAnswer(result)
      return advance(deps, attempt, row, (tx, now) => keepQuarantined(tx, row, now))
  }
}

/** The next activity of the sample. The order is pseudorandom, the same throughout a run, and another in each run. */
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

async function notFound(tx: Tx, row: Resync, now: Date): Promise<void> {
  await continueRun(tx, {
    ...row,
    sampled: row.sampled + 1,
    step: row.step + 1,
    failures: 0,
    updatedAt: now,
  })
}

/** Strava has an activity that two runs missed: none is deleted, and the day of quarantine starts again. */
async function contradict(
  tx: Tx,
  row: Resync,
  answer: Extract<CallResult<ActivityDetail>, { kind: 'answer' }>,
  now: Date,
): Promise<void> {
  const { athleteId } = row
  await storeDetail(tx, athleteId, answer, now)
  if (answer.value.athleteId !== athleteId) return notFound(tx, row, now)
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
  return advance(deps, attempt, row, async (tx, now) => {
    if (!deps.clocks.agree()) return keepQuarantined(tx, row, now)
    const which = and(isMissingFrom(row, now), isMissingLong(row)) ?? sql`false`
    await deleteActivities(tx, row.athleteId, which, { goneAt: row.startedAt, now })
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
