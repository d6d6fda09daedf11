import type { Clock } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { activities, type Db, type Tx } from '@ikigai/db'
import { and, eq, isNull, lte, min, or, type SQL, sql } from 'drizzle-orm'
import { changeAthlete } from '../activities/athlete-lock.ts'
import { storeDocuments } from '../activities/store.ts'
import type { CallStrava } from '../calls/strava-calls.ts'
import { isAhead } from '../clocks/ahead.ts'
import type { Attempt } from '../schedule/attempt.ts'
import { endAttempt } from '../schedule/end-attempt.ts'
import { type JobResult, resultWithoutAnswer } from '../schedule/job-result.ts'
import { schedule, type Work } from '../schedule/schedule.ts'

/** What enriching needs. */
export interface EnrichDeps {
  readonly db: Db
  readonly call: CallStrava
  readonly clock: Clock
  /** `CACHE_MAX_AGE` in ms. */
  readonly maxAgeMs: number
}

const DAY_MS = 86_400_000
const LOOK_AGAIN_MS = 600_000
/** Detail is fetched anew in the last part of its time, so that it need not be missed in between. */
const KEPT_PART = 6 / 7

/** The work on an athlete's details; it lasts as long as the account. */
export const enrichment = (athleteId: StravaId): Work => ({ lane: 'enrich', athleteId })

/**
 * Fetches the detail of one activity that has none, or whose detail grows old: what its athlete has looked at first, then
 * the newest. Then the athlete goes to the end of the lane. One that Strava cannot answer is set aside, and holds up no other.
 */
export async function enrichNext(deps: EnrichDeps, attempt: Attempt): Promise<JobResult> {
  const { db, call, clock } = deps
  const { athleteId } = attempt
  const activityId = await nextActivity(deps, athleteId)
  if (activityId === undefined) return { kind: 'snoozed', until: await nextLook(deps, athleteId) }
  const result = await call(attempt, (client, token) => client.getActivity(token, activityId))
  switch (result.kind) {
    case 'blocked':
      return { kind: 'snoozed', until: clock.now() + DAY_MS }
    case 'not_found':
      // Whether it is gone is for the lane that asks more than once.
      await setAside(deps, athleteId, activityId, [{ lane: 'webhook', athleteId, activityId }])
      return { kind: 'done' }
    case 'answer':
      break
    default:
      if (result.kind !== 'failed' || !result.consumesAttempt) return resultWithoutAnswer(result)
      await setAside(deps, athleteId, activityId, [])
      return { kind: 'done' }
  }
  const { id, rawText: raw, athleteId: owner } = result.value
  const { sentAt, scopes } = result
  const store = async (tx: Tx) => {
    const now = new Date(clock.now())
    const documents = [{ id, athleteId: owner, raw }]
    await storeDocuments(tx, { athleteId, documents, kind: 'detail', sentAt }, now)
    // One that is another's and was not taken from them is asked for no more for a while.
    if (owner !== athleteId) await markFailed(tx, athleteId, activityId, now)
    await schedule(tx, [enrichment(athleteId)], now)
    return endAttempt(tx, attempt, { kind: 'done' }, now)
  }
  const ended = await changeAthlete(db, athleteId, store, scopes)
  return ended === undefined
    ? { kind: 'failed', reason: 'the permissions have changed', consumesAttempt: false }
    : { kind: 'done', ended }
}

/** Detail from before this grows old. */
const oldBefore = ({ clock, maxAgeMs }: Pick<EnrichDeps, 'clock' | 'maxAgeMs'>) =>
  new Date(clock.now() - maxAgeMs * KEPT_PART)

async function nextActivity(deps: EnrichDeps, athleteId: StravaId): Promise<StravaId | undefined> {
  const { clock, maxAgeMs } = deps
  const viewedAfter = new Date(clock.now() - maxAgeMs).toISOString()
  const [next] = await deps.db
    .select({ id: activities.id })
    .from(activities)
    .where(
      and(
        shownOf(athleteId),
        or(isNull(activities.detailAt), lte(activities.detailAt, oldBefore(deps))),
        or(
          isNull(activities.detailFailedAt),
          lte(activities.detailFailedAt, oldBefore(deps)),
          isAhead(activities.detailFailedAt, new Date(clock.now())),
        ),
      ),
    )
    .orderBy(
      sql`case when ${activities.viewedAt} > ${viewedAfter}::timestamptz then ${activities.viewedAt} end desc nulls last`,
      sql`${activities.startAt} desc, ${activities.id} desc`,
    )
    .limit(1)
  return next?.id
}

const shownOf = (athleteId: StravaId): SQL | undefined =>
  and(eq(activities.athleteId, athleteId), isNull(activities.hiddenAt))

/** When the first detail grows old; within a day, because what has none yet may come at any time. */
async function nextLook({ db, clock, maxAgeMs }: EnrichDeps, athleteId: StravaId): Promise<number> {
  const [oldest] = await db
    .select({ detailAt: min(activities.detailAt) })
    .from(activities)
    .where(shownOf(athleteId))
  const now = clock.now()
  const due = oldest?.detailAt == null ? now + DAY_MS : oldest.detailAt.getTime() + maxAgeMs * KEPT_PART
  return Math.ceil(Math.min(now + DAY_MS, Math.max(now + LOOK_AGAIN_MS, due)))
}

async function setAside(
  { db, clock }: EnrichDeps,
  athleteId: StravaId,
  activityId: StravaId,
  work: readonly Work[],
): Promise<void> {
  await changeAthlete(db, athleteId, async (tx) => {
    const now = new Date(clock.now())
    await markFailed(tx, athleteId, activityId, now)
    await schedule(tx, [...work, enrichment(athleteId)], now)
  })
}

async function markFailed(tx: Tx, athleteId: StravaId, activityId: StravaId, now: Date): Promise<void> {
  await tx
    .update(activities)
    .set({ detailFailedAt: now })
    .where(and(eq(activities.id, activityId), eq(activities.athleteId, athleteId)))
}
