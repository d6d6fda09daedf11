import type { StravaId } from '@ikigai/contracts'
import { activities, type Db, type Tx } from '@ikigai/db'
import type { ActivityDetail } from '@ikigai/strava'
import { and, asc, eq, gt, isNotNull } from 'drizzle-orm'
import { changeAthlete } from '../activities/athlete-lock.ts'
import { eraseGone } from '../activities/erase.ts'
import { storeDocuments } from '../activities/store.ts'
import type { CallResult } from '../calls/strava-calls.ts'
import type { Attempt } from '../schedule/attempt.ts'
import { type Ended, endAttempt } from '../schedule/end-attempt.ts'
import { type JobResult, resultWithoutAnswer } from '../schedule/job-result.ts'
import { schedule } from '../schedule/schedule.ts'
import { nextResyncAt } from './interval.ts'
import {
  currentInterval,
  isUnchanged,
  nextResyncCall,
  postpone,
  type Resync,
  type ResyncDeps,
  updateResync,
} from './resync-row.ts'

/** Asks Strava for the next activity that a complete listing lacked: it is erased if Strava does not find it. */
export async function verifyNext(deps: ResyncDeps, attempt: Attempt, row: Resync): Promise<JobResult> {
  const { db, call } = deps
  const activityId = await nextSuspect(db, row)
  if (activityId === undefined) {
    await finishVerifying(deps, row)
    return { kind: 'done' }
  }
  const result = await call(attempt, (client, token) => client.getActivity(token, activityId))
  switch (result.kind) {
    case 'answer':
    case 'not_found': {
      const apply = (tx: Tx, now: Date) => applyAnswer(tx, row, activityId, result, now)
      return { kind: 'done', ended: await record(deps, attempt, row, activityId, apply, result.scopes) }
    }
    case 'blocked':
      await postpone(deps, row)
      return { kind: 'done' }
    default:
      if (result.kind !== 'failed' || !result.consumesAttempt) return resultWithoutAnswer(result)
      // It stays as it is: another complete listing will tell.
      return { kind: 'done', ended: await record(deps, attempt, row, activityId, async () => {}) }
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
    await eraseGone(tx, athleteId, eq(activities.id, activityId), { goneAt: new Date(sentAt), now })
    return
  }
  const { id, athleteId: owner, rawText: raw } = result.value
  await storeDocuments(
    tx,
    { athleteId, documents: [{ id, athleteId: owner, raw }], kind: 'detail', sentAt },
    now,
  )
}

async function nextSuspect(db: Db, { athleteId, verifiedUpTo }: Resync): Promise<StravaId | undefined> {
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

function record(
  { db, clock }: ResyncDeps,
  attempt: Attempt,
  row: Resync,
  verifiedUpTo: StravaId,
  apply: (tx: Tx, now: Date) => Promise<void>,
  under?: readonly string[],
): Promise<Ended | undefined> {
  const change = async (tx: Tx): Promise<Ended | undefined> => {
    if (!(await isUnchanged(tx, row))) return undefined
    const now = new Date(clock.now())
    await apply(tx, now)
    const moved = { ...row, verifiedUpTo, step: row.step + 1, failures: 0, updatedAt: now }
    await updateResync(tx, row, moved)
    await schedule(tx, [nextResyncCall(moved)], now)
    return endAttempt(tx, attempt, { kind: 'done' }, now)
  }
  return changeAthlete(db, row.athleteId, change, under)
}

async function finishVerifying({ db, clock, maxAgeMs }: ResyncDeps, row: Resync): Promise<void> {
  const { ms } = await currentInterval(db, maxAgeMs)
  await db.transaction(async (tx) => {
    if (!(await isUnchanged(tx, row))) return
    // What it lacked was to be asked for and no more: it is no listing that another one could agree with.
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
