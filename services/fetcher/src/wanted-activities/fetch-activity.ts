import type { Clock } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import {
  activities,
  activityTombstones,
  type Db,
  sendWithCommit,
  type Tx,
  wantedActivities,
} from '@ikigai/db'
import { enqueue } from '@ikigai/outbox'
import { eq, sql } from 'drizzle-orm'
import { type ChangeAthlete, withAthleteLock, withAthleteLockAndRead } from '../activities/athlete-lock.ts'
import { deleteActivities } from '../activities/delete-activities.ts'
import { writeDocuments } from '../activities/store.ts'
import type { CallStrava } from '../calls/strava-calls.ts'
import { latestPlausible } from '../clocks/ahead.ts'
import { countFruitlessCall, countIfFruitless, settleCall } from '../events/event-calls.ts'
import { settleEvents } from '../events/processed-events.ts'
import type { Attempt, WantedActivity } from '../schedule/attempt.ts'
import { endAttempt } from '../schedule/end-attempt.ts'
import { type JobResult, resultWithoutAnswer } from '../schedule/job-result.ts'
import { leaveToCatchUp } from '../schedule/schedule.ts'

/** Dependencies of {@link fetchActivity}. */
export interface FetchDeps {
  readonly db: Db
  readonly call: CallStrava
  readonly clock: Clock
  /** Changes an athlete's data; by default in a transaction of its own. */
  readonly changeAthlete?: ChangeAthlete
}

/**
 * Fetches the detail of one activity and stores it, or deletes the activity if Strava does not find it. No call is made if
 * the detail is stored already (lane `newest`), or if the athlete's events are to be verified by one list call.
 */
export async function fetchActivity(deps: FetchDeps, attempt: Attempt): Promise<JobResult> {
  const { db, call } = deps
  const { lane, athleteId, wanted } = attempt
  if (wanted === undefined) return { kind: 'done' }
  const { activityId } = wanted
  if (lane === 'newest' && (await hasDetail(db, activityId))) return { kind: 'done' }

  if (attempt.eventCheck === 'list') {
    const leave = async (tx: Tx, now: Date) => {
      await leaveToCatchUp(tx, athleteId, now)
      return endAttempt(tx, attempt, { kind: 'done' }, now)
    }
    const ended = await withAthleteLock(db, athleteId, (tx) => leave(tx, new Date(deps.clock.now())))
    return { kind: 'done', ended }
  }
  const result = await call(attempt, (client, token) => client.getActivity(token, activityId))
  switch (result.kind) {
    case 'answer': {
      const { id, rawText: raw, athleteId: owner } = result.value
      const documents = [{ id, athleteId: owner, raw }]
      const store = async (tx: Tx, now: Date, known: Known) => {
        const sentAt = effectiveObservedAt(attempt, wanted, result.sentAt, known, now)
        const answer = { athleteId, documents, kind: 'detail' as const, sentAt }
        const settle = async () =>
          lane === 'webhook' ? settleEvents(tx, athleteId, [activityId], sentAt) : undefined
        const [events, settled] = await writeDocuments(tx, answer, now, {
          owners: known.owners,
          besides: settle,
        })
        if (settled !== undefined) await countIfFruitless(tx, athleteId, activityId, settled, now)
        const [ended] = await sendWithCommit(tx, () =>
          Promise.all([endAttempt(tx, attempt, { kind: 'done' }, now), enqueue(tx, events)]),
        )
        return ended
      }
      return { kind: 'done', ended: await change(deps, attempt, wanted, store, result.scopes) }
    }
    case 'not_found':
      return handleNotFound(deps, attempt, wanted, result)
    default:
      return resultWithoutAnswer(result)
  }
}

/** Number of attempts for an activity that Strava does not find and that no event has reported as deleted. */
const MAX_NOT_FOUND_ATTEMPTS = 4

/**
 * Applies a 404. An activity that an event has reported deleted is deleted at once; otherwise it may be too new (Strava
 * answers 404 for a while after some creations), so the call is retried a few times.
 */
async function handleNotFound(
  deps: FetchDeps,
  attempt: Attempt,
  wanted: WantedActivity,
  { scopes, sentAt }: { readonly scopes: readonly string[]; readonly sentAt: number },
): Promise<JobResult> {
  const { athleteId, failures } = attempt
  const { activityId } = wanted
  const applyNotFound = async (tx: Tx, now: Date, known: Known) => {
    const reported = await tx
      .update(activityTombstones)
      .set({ confirmed: true })
      .where(eq(activityTombstones.activityId, activityId))
      .returning({ activityId: activityTombstones.activityId })
    if (reported.length === 0 && failures + 1 < MAX_NOT_FOUND_ATTEMPTS) {
      await countFruitlessCall(tx, athleteId, activityId, now)
      return 'unclear'
    }
    const goneAt = new Date(effectiveObservedAt(attempt, wanted, sentAt, known, now))
    await deleteActivities(tx, athleteId, eq(activities.id, activityId), { goneAt, now })
    await settleCall(tx, athleteId, activityId, { sentAt: goneAt.getTime(), now })
    return endAttempt(tx, attempt, { kind: 'done' }, now)
  }
  const settled = await change(deps, attempt, wanted, applyNotFound, scopes)
  if (settled !== 'unclear') return { kind: 'done', ended: settled }
  return { kind: 'failed', reason: 'Strava does not find the activity', consumesAttempt: true }
}

/** The stored state of an activity when an answer about it arrives. Times are epoch ms. */
interface Known {
  /** Other athletes who own it, as stored. */
  readonly owners: readonly StravaId[]
  /** Number of requests for it so far: each event that names it is one. */
  readonly requestSeq: number | null
  readonly observedAt: number | null
  /** When its deletion was reported. */
  readonly reportedAt: number | null
}

function change<T>(
  { db, clock, changeAthlete = (...args) => withAthleteLockAndRead(db, ...args) }: FetchDeps,
  { athleteId }: Attempt,
  { activityId }: WantedActivity,
  apply: (tx: Tx, now: Date, known: Known) => Promise<T>,
  under: readonly string[],
): Promise<T | undefined> {
  return changeAthlete(
    athleteId,
    (tx, _athlete, known: Known) => apply(tx, new Date(clock.now()), known),
    under,
    (tx) => readKnown(tx, athleteId, activityId),
  )
}

async function readKnown(tx: Tx, athleteId: StravaId, activityId: StravaId): Promise<Known> {
  const [row] = await tx.execute<{
    owner: StravaId | null
    request_seq: number | null
    observed_at: number | null
    reported_at: number | null
  }>(sql`
    select
      (select athlete_id from ${activities} where id = ${activityId}::bigint and athlete_id <> ${athleteId}::bigint) as owner,
      (select request_seq from ${wantedActivities} where lane = 'webhook' and athlete_id = ${athleteId}::bigint
        and activity_id = ${activityId}::bigint) as request_seq,
      (select (extract(epoch from observed_at) * 1000)::float8 from ${activities} where id = ${activityId}::bigint)
        as observed_at,
      (select (extract(epoch from recorded_at) * 1000)::float8 from ${activityTombstones}
        where activity_id = ${activityId}::bigint) as reported_at`)
  const { owner = null, request_seq: requestSeq = null } = row ?? {}
  const { observed_at: observedAt = null, reported_at: reportedAt = null } = row ?? {}
  return { owners: owner === null ? [] : [owner], requestSeq, observedAt, reportedAt }
}

/**
 * When an answer was current: epoch ms. Every applied event requests its activity, so if there was no request since the attempt
 * began, the answer is newer than all applied events, even those with a later time from a replica whose clock is ahead. Times
 * that only a wrong clock can have written are ignored.
 */
function effectiveObservedAt(
  { lane }: Attempt,
  wanted: WantedActivity,
  sentAt: number,
  { requestSeq, observedAt, reportedAt }: Known,
  now: Date,
): number {
  if (lane !== 'webhook' || wanted.requestSeq !== requestSeq) return sentAt
  const known = [observedAt ?? 0, reportedAt === null ? 0 : reportedAt + 1]
  return Math.max(sentAt, ...known.filter((at) => at <= latestPlausible(now).getTime()))
}

async function hasDetail(db: Db, activityId: StravaId): Promise<boolean> {
  const [row] = await db
    .select({ detailAt: activities.detailAt })
    .from(activities)
    .where(eq(activities.id, activityId))
  return row !== undefined && row.detailAt !== null
}
