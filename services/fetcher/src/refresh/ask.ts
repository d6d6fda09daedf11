import type { StravaId } from '@ikigai/contracts'
import { activities, type Db, type Tx } from '@ikigai/db'
import { queueJob } from '@ikigai/outbox'
import type { ActivityDetail } from '@ikigai/strava'
import { and, asc, eq, gt, isNotNull } from 'drizzle-orm'
import { changeAthlete } from '../activities/athlete-lock.ts'
import { eraseGone } from '../activities/erase.ts'
import { storeDocuments } from '../activities/store.ts'
import type { CallResult } from '../calls/strava-calls.ts'
import type { JobResult } from '../jobs.ts'
import {
  currentInterval,
  type Listing,
  moveListing,
  putOff,
  type RefreshDeps,
  refreshJob,
  stillThere,
} from './listing.ts'
import { nextRefreshAt } from './policy.ts'

/** Asks Strava for the next activity that a complete listing lacked: it is erased if Strava does not find it. */
export async function askNext(deps: RefreshDeps, row: Listing): Promise<JobResult> {
  const { db, call } = deps
  const activityId = await nextSuspect(db, row)
  if (activityId === undefined) {
    await endListing(deps, row)
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
      // It stays as it is: another complete listing will tell.
      await record(deps, row, activityId, async () => {})
      return { kind: 'done' }
    default:
      await record(
        deps,
        row,
        activityId,
        (tx, now) => believe(tx, row, activityId, result, now),
        result.scopes,
      )
      return { kind: 'done' }
  }
}

type Answer = Extract<CallResult<ActivityDetail>, { kind: 'answer' | 'not_found' }>

async function believe(
  tx: Tx,
  { athleteId }: Listing,
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

async function nextSuspect(db: Db, { athleteId, askedId }: Listing): Promise<StravaId | undefined> {
  const [next] = await db
    .select({ id: activities.id })
    .from(activities)
    .where(
      and(
        eq(activities.athleteId, athleteId),
        isNotNull(activities.missingSince),
        askedId === null ? undefined : gt(activities.id, askedId),
      ),
    )
    .orderBy(asc(activities.id))
    .limit(1)
  return next?.id
}

async function record(
  { db, clock, kick }: RefreshDeps,
  row: Listing,
  askedId: StravaId,
  apply: (tx: Tx, now: Date) => Promise<void>,
  under?: readonly string[],
): Promise<void> {
  const change = async (tx: Tx) => {
    if (!(await stillThere(tx, row))) return
    const now = new Date(clock.now())
    await apply(tx, now)
    const moved = { ...row, askedId, steps: row.steps + 1, failures: 0, updatedAt: now }
    await moveListing(tx, row, moved)
    await queueJob(tx, refreshJob(moved), now)
  }
  await changeAthlete(db, row.athleteId, change, under)
  kick()
}

async function endListing({ db, clock, maxAgeMs }: RefreshDeps, row: Listing): Promise<void> {
  const { ms } = await currentInterval(db, maxAgeMs)
  await db.transaction(async (tx) => {
    if (!(await stillThere(tx, row))) return
    // What it lacked was to be asked for and no more: it is no listing that another one could agree with.
    if (row.flawed) {
      const suspected = and(eq(activities.athleteId, row.athleteId), isNotNull(activities.missingSince))
      await tx.update(activities).set({ missingSince: null }).where(suspected)
    }
    const startedAt = row.startedAt.getTime()
    await moveListing(tx, row, {
      state: 'idle',
      dueAt: new Date(nextRefreshAt(row.athleteId, { startedAt, isImport: false }, ms)),
      updatedAt: new Date(clock.now()),
    })
  })
}
