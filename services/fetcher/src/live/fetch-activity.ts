import type { Clock } from '@ikigai/chassis'
import type { Lane, StravaId } from '@ikigai/contracts'
import { activities, activityTombstones, type Db, type Tx } from '@ikigai/db'
import { enqueue } from '@ikigai/outbox'
import { eq } from 'drizzle-orm'
import { announceChanges } from '../activities/announce.ts'
import { changeAthlete } from '../activities/athlete-lock.ts'
import { eraseGone } from '../activities/erase.ts'
import { upsertActivities } from '../activities/upsert.ts'
import type { CallStrava } from '../calls/strava-calls.ts'
import type { JobResult } from '../jobs.ts'
import { attemptsOf } from '../queue.ts'

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
export async function fetchActivity(
  deps: FetchDeps,
  lane: Extract<Lane, 'recent' | 'live'>,
  athleteId: StravaId,
  activityId: StravaId,
): Promise<JobResult> {
  const { db, call } = deps
  if (lane === 'recent' && (await hasDetail(db, activityId))) return { kind: 'done' }

  const result = await call(lane, athleteId, (client, token) => client.getActivity(token, activityId))
  switch (result.kind) {
    case 'answer': {
      const { rawText, athleteId: owner } = result.value
      const documents = owner === athleteId ? [rawText] : []
      await change(deps, athleteId, async (tx, now) => {
        const changes = await upsertActivities(tx, {
          athleteId,
          documents,
          kind: 'detail',
          sentAt: result.sentAt,
        })
        await enqueue(tx, announceChanges(athleteId, changes, now))
      })
      return { kind: 'done' }
    }
    case 'not_found':
      return missing(deps, { lane, athleteId, activityId, sentAt: result.sentAt })
    case 'wait':
      return result
    case 'failed':
      return { kind: 'retry', reason: result.reason, counts: result.counts }
    default:
      // Nothing more can be asked for this athlete; a new connection imports anew.
      return { kind: 'done' }
  }
}

interface Missing {
  readonly lane: Lane
  readonly athleteId: StravaId
  readonly activityId: StravaId
  readonly sentAt: number
}

/** So often is an activity asked for that Strava does not find and nobody has reported gone. */
const TRIES_WHEN_MISSING = 4

/**
 * Strava says that there is no such activity. What an event has reported gone is erased at once; otherwise it may be
 * too new to be found (Strava answers 404 for a while after some creations), so it is asked for again a few times.
 */
async function missing(
  deps: FetchDeps,
  { lane, athleteId, activityId, sentAt }: Missing,
): Promise<JobResult> {
  const failures = await attemptsOf(deps.db, lane, athleteId, activityId)
  const settled = await change(deps, athleteId, async (tx, now) => {
    const reported = await tx
      .update(activityTombstones)
      .set({ confirmed: true })
      .where(eq(activityTombstones.activityId, activityId))
      .returning({ activityId: activityTombstones.activityId })
    if (reported.length === 0 && failures + 1 < TRIES_WHEN_MISSING) return false
    await eraseGone(tx, athleteId, eq(activities.id, activityId), { goneAt: new Date(sentAt), now })
    return true
  })
  if (settled !== false) return { kind: 'done' }
  return { kind: 'retry', reason: 'Strava does not find the activity', counts: true }
}

async function change<T>(
  deps: FetchDeps,
  athleteId: StravaId,
  apply: (tx: Tx, now: Date) => Promise<T>,
): Promise<T | undefined> {
  const result = await changeAthlete(deps.db, athleteId, (tx) => apply(tx, new Date(deps.clock.now())))
  deps.kick()
  return result
}

async function hasDetail(db: Db, activityId: StravaId): Promise<boolean> {
  const [row] = await db
    .select({ detailAt: activities.detailAt })
    .from(activities)
    .where(eq(activities.id, activityId))
  return row !== undefined && row.detailAt !== null
}
