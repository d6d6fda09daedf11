import type { Clock } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { activities, activityTombstones, type Db, type Tx, wantedActivities } from '@ikigai/db'
import { and, eq } from 'drizzle-orm'
import { changeAthlete } from '../activities/athlete-lock.ts'
import { eraseGone } from '../activities/erase.ts'
import { storeDocuments } from '../activities/store.ts'
import type { CallStrava } from '../calls/strava-calls.ts'
import { aheadOf } from '../clocks/ahead.ts'
import { checkFor, countFruitlessCall, settleCall } from '../events/claims.ts'
import type { Attempt, WantedActivity } from '../schedule/attempt.ts'
import { endAttempt } from '../schedule/end-attempt.ts'
import { type JobResult, resultWithoutAnswer } from '../schedule/job-result.ts'
import { leaveToCatchUp } from '../schedule/schedule.ts'

/** What fetching one activity needs. */
export interface FetchDeps {
  readonly db: Db
  readonly call: CallStrava
  readonly clock: Clock
}

/**
 * Fetches one activity in detail and stores what Strava says, be it that there is none.
 * An attempt whose work is done already makes no call.
 */
export async function fetchActivity(deps: FetchDeps, attempt: Attempt): Promise<JobResult> {
  const { db, call } = deps
  const { lane, athleteId, wanted } = attempt
  if (wanted === undefined) return { kind: 'done' }
  const { activityId } = wanted
  if (lane === 'newest' && (await hasDetail(db, activityId))) return { kind: 'done' }

  if (lane === 'webhook' && (await checkFor(db, athleteId, new Date(deps.clock.now()))) === 'list') {
    const leave = async (tx: Tx, now: Date) => {
      await leaveToCatchUp(tx, athleteId, now)
      return endAttempt(tx, attempt, { kind: 'done' }, now)
    }
    return { kind: 'done', ended: await change(deps, athleteId, leave) }
  }
  const result = await call(attempt, (client, token) => client.getActivity(token, activityId))
  switch (result.kind) {
    case 'answer': {
      const { id, rawText: raw, athleteId: owner } = result.value
      const documents = [{ id, athleteId: owner, raw }]
      const store = async (tx: Tx, now: Date) => {
        const sentAt = await speaksOf(tx, attempt, wanted, result.sentAt, now)
        await storeDocuments(tx, { athleteId, documents, kind: 'detail', sentAt }, now)
        if (lane === 'webhook') await settleCall(tx, athleteId, activityId, { sentAt, now })
        return endAttempt(tx, attempt, { kind: 'done' }, now)
      }
      return { kind: 'done', ended: await change(deps, athleteId, store, result.scopes) }
    }
    case 'not_found':
      return missing(deps, attempt, wanted, result)
    default:
      return resultWithoutAnswer(result)
  }
}

/** So often is an activity asked for that Strava does not find and nobody has reported gone. */
const TRIES_WHEN_MISSING = 4

/**
 * Strava says that there is no such activity. What an event has reported gone is erased at once; otherwise it may be
 * too new to be found (Strava answers 404 for a while after some creations), so it is asked for again a few times.
 */
async function missing(
  deps: FetchDeps,
  attempt: Attempt,
  wanted: WantedActivity,
  { scopes, sentAt }: { readonly scopes: readonly string[]; readonly sentAt: number },
): Promise<JobResult> {
  const { athleteId, failures } = attempt
  const { activityId } = wanted
  const settle = async (tx: Tx, now: Date) => {
    const reported = await tx
      .update(activityTombstones)
      .set({ confirmed: true })
      .where(eq(activityTombstones.activityId, activityId))
      .returning({ activityId: activityTombstones.activityId })
    if (reported.length === 0 && failures + 1 < TRIES_WHEN_MISSING) {
      await countFruitlessCall(tx, athleteId, activityId, now)
      return 'unclear'
    }
    const goneAt = new Date(await speaksOf(tx, attempt, wanted, sentAt, now))
    await eraseGone(tx, athleteId, eq(activities.id, activityId), { goneAt, now })
    await settleCall(tx, athleteId, activityId, { sentAt: goneAt.getTime(), now })
    return endAttempt(tx, attempt, { kind: 'done' }, now)
  }
  const settled = await change(deps, athleteId, settle, scopes)
  if (settled !== 'unclear') return { kind: 'done', ended: settled }
  return { kind: 'failed', reason: 'Strava does not find the activity', consumesAttempt: true }
}

function change<T>(
  { db, clock }: FetchDeps,
  athleteId: StravaId,
  apply: (tx: Tx, now: Date) => Promise<T>,
  under?: readonly string[],
): Promise<T | undefined> {
  return changeAthlete(db, athleteId, (tx) => apply(tx, new Date(clock.now())), under)
}

/** How often the activity has been asked for by now: each event that names it does. */
async function timesAsked(
  tx: Tx,
  { athleteId }: Attempt,
  { activityId }: WantedActivity,
): Promise<number | undefined> {
  const [row] = await tx
    .select({ requestSeq: wantedActivities.requestSeq })
    .from(wantedActivities)
    .where(
      and(
        eq(wantedActivities.lane, 'webhook'),
        eq(wantedActivities.athleteId, athleteId),
        eq(wantedActivities.activityId, activityId),
      ),
    )
  return row?.requestSeq
}

/**
 * As of when an answer speaks: epoch ms. Every event that is applied asks for its activity, so when nobody has asked since
 * the attempt began, the answer is newer than all that events have said, even if the clock of the replica that applied
 * them is ahead of ours; but not so far ahead that it was wrong.
 */
async function speaksOf(
  tx: Tx,
  attempt: Attempt,
  wanted: WantedActivity,
  sentAt: number,
  now: Date,
): Promise<number> {
  if (attempt.lane !== 'webhook') return sentAt
  // Sent together, answered one after the other.
  const [asked, [row], [tombstone]] = await Promise.all([
    timesAsked(tx, attempt, wanted),
    tx
      .select({ observedAt: activities.observedAt })
      .from(activities)
      .where(eq(activities.id, wanted.activityId)),
    tx
      .select({ recordedAt: activityTombstones.recordedAt })
      .from(activityTombstones)
      .where(eq(activityTombstones.activityId, wanted.activityId)),
  ])
  if (wanted.requestSeq !== asked) return sentAt
  const known = [
    row?.observedAt.getTime() ?? 0,
    tombstone === undefined ? 0 : tombstone.recordedAt.getTime() + 1,
  ]
  return Math.max(sentAt, ...known.filter((at) => at <= aheadOf(now).getTime()))
}

async function hasDetail(db: Db, activityId: StravaId): Promise<boolean> {
  const [row] = await db
    .select({ detailAt: activities.detailAt })
    .from(activities)
    .where(eq(activities.id, activityId))
  return row !== undefined && row.detailAt !== null
}
