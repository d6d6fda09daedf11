import type { StravaId } from '@ikigai/contracts'
import { activities, type Db, type Tx } from '@ikigai/db'
import type { ActivityDetail } from '@ikigai/strava'
import { and, asc, eq, gt, isNotNull } from 'drizzle-orm'
import { deleteActivities } from '../activities/delete-activities.ts'
import { storeDetail } from '../activities/store.ts'
import type { CallResult } from '../calls/strava-calls.ts'
import type { Attempt } from '../schedule/attempt.ts'
import { type JobResult, resultWithoutAnswer } from '../schedule/job-result.ts'
import { advance, continueRun, lockIfUnchanged } from './advance.ts'
import { nextResyncAt } from './interval.ts'
import { currentInterval, postpone, type Resync, type ResyncDeps, updateResync } from './resync-row.ts'

/** Fetches the next missing activity, and deletes it if Strava answers 404. */
export async function verifyNext(deps: ResyncDeps, attempt: Attempt, row: Resync): Promise<JobResult> {
  const { db, call } = deps
  const activityId = await nextMissing(db, row)
  if (activityId === undefined) {
    await finishVerifying(deps, row)
    return { kind: 'done' }
  }
  const result = await call(attempt, (client, token) => client.getActivity(token, activityId))
  switch (result.kind) {
    case 'answer':
    case 'not_found': {
      const apply = async (tx: Tx, now: Date) => {
        await applyAnswer(tx, row, activityId, result, now)
        await verified(tx, row, activityId, now)
      }
      return advance(deps, attempt, row, apply, result.scopes)
    }
    case 'blocked':
      await postpone(deps, row)
      return { kind: 'done' }
    default:
      if (result.kind !== 'failed' || !result.consumesAttempt) return resultWithoutAnswer(result)
      // It stays marked as missing: the next complete run decides.
      return advance(deps, attempt, row, (tx, now) => verified(tx, row, activityId, now))
  }
}

type Answer = Extract<CallResult<ActivityDetail>, { kind: 'answer' | 'not_found' }>

async function applyAnswer(
  tx: Tx,
  { athleteId }: Resync,
  activityId: StravaId,
  result: Answer,
  now: Date,
): Promise<void> {
  const { sentAt } = result
  if (result.kind === 'not_found') {
    await deleteActivities(tx, athleteId, eq(activities.id, activityId), { goneAt: new Date(sentAt), now })
    return
  }
  await storeDetail(tx, athleteId, result, now)
}

async function nextMissing(db: Db, { athleteId, verifiedUpTo }: Resync): Promise<StravaId | undefined> {
  const [next] = await db
    .select({ id: activities.id })
    .from(activities)
    .where(
      and(
        eq(activities.athleteId, athleteId),
        isNotNull(activities.missingSince),
        verifiedUpTo === null ? undefined : gt(activities.id, verifiedUpTo),
      ),
    )
    .orderBy(asc(activities.id))
    .limit(1)
  return next?.id
}

async function verified(tx: Tx, row: Resync, activityId: StravaId, now: Date): Promise<void> {
  await continueRun(tx, { ...row, verifiedUpTo: activityId, step: row.step + 1, failures: 0, updatedAt: now })
}

async function finishVerifying({ db, clock, maxAgeMs }: ResyncDeps, row: Resync): Promise<void> {
  const { ms } = await currentInterval(db, maxAgeMs)
  await db.transaction(async (tx) => {
    if (!(await lockIfUnchanged(tx, row))) return
    // The marks of an incomplete run must not count as evidence in the next one.
    if (row.incomplete) {
      const suspected = and(eq(activities.athleteId, row.athleteId), isNotNull(activities.missingSince))
      await tx.update(activities).set({ missingSince: null }).where(suspected)
    }
    const startedAt = row.startedAt.getTime()
    await updateResync(tx, row, {
      state: 'idle',
      dueAt: new Date(nextResyncAt(row.athleteId, { startedAt, isImport: false }, ms)),
      updatedAt: new Date(clock.now()),
    })
  })
}
