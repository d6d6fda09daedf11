import type { Clock } from '@ikigai/chassis'
import type { Lane, StravaId } from '@ikigai/contracts'
import { activities, activityTombstones, type Db, fetchJobs, type Tx } from '@ikigai/db'
import { queueJob } from '@ikigai/outbox'
import { and, eq } from 'drizzle-orm'
import { changeAthlete } from '../activities/athlete-lock.ts'
import { eraseGone } from '../activities/erase.ts'
import { storeDocuments } from '../activities/store.ts'
import type { CallStrava } from '../calls/strava-calls.ts'
import { aheadOf } from '../clocks/ahead.ts'
import { checkFor, countFruitlessCall, settleCall } from '../events/claims.ts'
import type { JobResult } from '../jobs.ts'
import type { ClaimedJob } from '../queue.ts'

/** What fetching one activity needs. */
export interface FetchDeps {
  readonly db: Db
  readonly call: CallStrava
  readonly clock: Clock
  /** Says that the outbox holds something new. */
  readonly kick: () => void
}

/**
 * Fetches one activity in detail and stores what Strava says, be it that there is none.
 * A job whose work is done already makes no call.
 */
export async function fetchActivity(deps: FetchDeps, job: ActivityJob): Promise<JobResult> {
  const { db, call } = deps
  const { lane, athleteId, activityId } = job
  if (lane === 'newest' && (await hasDetail(db, activityId))) return { kind: 'done' }

  if (lane === 'webhook' && (await checkFor(db, athleteId, new Date(deps.clock.now()))) === 'list') {
    await change(deps, athleteId, (tx, now) => queueJob(tx, { lane, athleteId }, now))
    return { kind: 'done' }
  }
  const result = await call(lane, athleteId, (client, token) => client.getActivity(token, activityId))
  switch (result.kind) {
    case 'answer': {
      const { id, rawText: raw, athleteId: owner } = result.value
      const documents = [{ id, athleteId: owner, raw }]
      const store = async (tx: Tx, now: Date) => {
        const sentAt = await speaksOf(tx, job, result.sentAt, now)
        await storeDocuments(tx, { athleteId, documents, kind: 'detail', sentAt }, now)
        if (lane === 'webhook') await settleCall(tx, athleteId, activityId, { sentAt, now })
      }
      await change(deps, athleteId, store, result.scopes)
      return { kind: 'done' }
    }
    case 'not_found':
      return missing(deps, job, result)
    case 'wait':
      return result
    case 'failed':
      return { kind: 'retry', reason: result.reason, counts: result.counts }
    default:
      // Nothing more can be asked for this athlete; a new connection imports anew.
      return { kind: 'done' }
  }
}

/** A job that is one activity's. */
export type ActivityJob = Pick<ClaimedJob, 'athleteId' | 'version' | 'attempts'> & {
  readonly lane: Extract<Lane, 'newest' | 'webhook'>
  readonly activityId: StravaId
}

/** So often is an activity asked for that Strava does not find and nobody has reported gone. */
const TRIES_WHEN_MISSING = 4

/**
 * Strava says that there is no such activity. What an event has reported gone is erased at once; otherwise it may be
 * too new to be found (Strava answers 404 for a while after some creations), so it is asked for again a few times.
 */
async function missing(
  deps: FetchDeps,
  job: ActivityJob,
  { scopes, sentAt }: { readonly scopes: readonly string[]; readonly sentAt: number },
): Promise<JobResult> {
  const { athleteId, activityId, attempts: failures } = job
  const settle = async (tx: Tx, now: Date) => {
    const reported = await tx
      .update(activityTombstones)
      .set({ confirmed: true })
      .where(eq(activityTombstones.activityId, activityId))
      .returning({ activityId: activityTombstones.activityId })
    if (reported.length === 0 && failures + 1 < TRIES_WHEN_MISSING) {
      await countFruitlessCall(tx, athleteId, activityId, now)
      return false
    }
    const goneAt = new Date(await speaksOf(tx, job, sentAt, now))
    await eraseGone(tx, athleteId, eq(activities.id, activityId), { goneAt, now })
    await settleCall(tx, athleteId, activityId, { sentAt: goneAt.getTime(), now })
    return true
  }
  const settled = await change(deps, athleteId, settle, scopes)
  if (settled !== false) return { kind: 'done' }
  return { kind: 'retry', reason: 'Strava does not find the activity', counts: true }
}

async function change<T>(
  deps: FetchDeps,
  athleteId: StravaId,
  apply: (tx: Tx, now: Date) => Promise<T>,
  under?: readonly string[],
): Promise<T | undefined> {
  const result = await changeAthlete(deps.db, athleteId, (tx) => apply(tx, new Date(deps.clock.now())), under)
  deps.kick()
  return result
}

/** The job's version as it is now: it grows with each event that asks for the activity. */
async function timesAsked(tx: Tx, job: ActivityJob): Promise<number | undefined> {
  const [row] = await tx
    .select({ version: fetchJobs.version })
    .from(fetchJobs)
    .where(
      and(
        eq(fetchJobs.lane, job.lane),
        eq(fetchJobs.athleteId, job.athleteId),
        eq(fetchJobs.activityId, job.activityId),
      ),
    )
  return row?.version
}

/**
 * As of when an answer speaks: epoch ms. Every event that is applied asks for its activity, so when nobody has asked since
 * the job was taken up, the answer is newer than all that events have said, even if the clock of the replica that applied
 * them is ahead of ours; but not so far ahead that it was wrong.
 */
async function speaksOf(tx: Tx, job: ActivityJob, sentAt: number, now: Date): Promise<number> {
  if (job.lane !== 'webhook') return sentAt
  // Sent together, answered one after the other.
  const [asked, [row], [tombstone]] = await Promise.all([
    timesAsked(tx, job),
    tx
      .select({ observedAt: activities.observedAt })
      .from(activities)
      .where(eq(activities.id, job.activityId)),
    tx
      .select({ recordedAt: activityTombstones.recordedAt })
      .from(activityTombstones)
      .where(eq(activityTombstones.activityId, job.activityId)),
  ])
  if (job.version !== asked) return sentAt
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
