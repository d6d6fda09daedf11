import type { Clock } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { activities, type Db, type Tx } from '@ikigai/db'
import { and, eq, isNull, lte, min, or, type SQL, sql } from 'drizzle-orm'
import { withAthleteLock } from '../activities/athlete-lock.ts'
import { storeDocuments } from '../activities/store.ts'
import type { CallStrava } from '../calls/strava-calls.ts'
import { isInFuture } from '../clocks/ahead.ts'
import type { Attempt } from '../schedule/attempt.ts'
import { endAttempt } from '../schedule/end-attempt.ts'
import { type JobResult, resultWithoutAnswer } from '../schedule/job-result.ts'
import { schedule, type Work } from '../schedule/schedule.ts'

/** Dependencies of the jobs of the lane `enrich`. */
export interface EnrichDeps {
  readonly db: Db
  readonly call: CallStrava
  readonly clock: Clock
  /** `CACHE_MAX_AGE` in ms. */
  readonly maxAgeMs: number
}

const DAY_MS = 86_400_000
const MIN_LOOK_INTERVAL_MS = 600_000
/** Share of `CACHE_MAX_AGE` after which a detail is fetched again, so that it does not expire first. */
const REFETCH_SHARE = 6 / 7

/** The queue entry for an athlete's details; it exists as long as the account. */
export const enrichment = (athleteId: StravaId): Work => ({ lane: 'enrich', athleteId })

/**
 * Fetches the detail of one activity that has none, or whose detail is about to expire: viewed ones first, then the
 * newest. Then the athlete moves to the tail of the lane. An activity that fails is skipped, so that it blocks no other.
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
      // The lane `webhook` decides whether it is gone: it repeats the call first.
      await skipUntilRetention(deps, athleteId, activityId, [{ lane: 'webhook', athleteId, activityId }])
      return { kind: 'done' }
    case 'answer':
      break
    default:
      if (result.kind !== 'failed' || !result.consumesAttempt) return resultWithoutAnswer(result)
      await skipUntilRetention(deps, athleteId, activityId, [])
      return { kind: 'done' }
  }
  const { id, rawText: raw, athleteId: owner } = result.value
  const { sentAt, scopes } = result
  const store = async (tx: Tx) => {
    const now = new Date(clock.now())
    const documents = [{ id, athleteId: owner, raw }]
    await storeDocuments(tx, { athleteId, documents, kind: 'detail', sentAt }, now)
    // The document names another owner: skip this athlete's row, if it is still there.
    if (owner !== athleteId) await markFailed(tx, athleteId, activityId, now)
    await schedule(tx, [enrichment(athleteId)], now)
    return endAttempt(tx, attempt, { kind: 'done' }, now)
  }
  const ended = await withAthleteLock(db, athleteId, store, scopes)
  return ended === undefined
    ? { kind: 'failed', reason: 'the permissions have changed', consumesAttempt: false }
    : { kind: 'done', ended }
}

/** Details fetched before this are fetched again. */
const oldBefore = ({ clock, maxAgeMs }: Pick<EnrichDeps, 'clock' | 'maxAgeMs'>) =>
  new Date(clock.now() - maxAgeMs * REFETCH_SHARE)

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
          isInFuture(activities.detailFailedAt, new Date(clock.now())),
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

/** When the next detail is due: epoch ms. At most a day from now, because activities without a detail may arrive. */
async function nextLook({ db, clock, maxAgeMs }: EnrichDeps, athleteId: StravaId): Promise<number> {
  const [oldest] = await db
    .select({ detailAt: min(activities.detailAt) })
    .from(activities)
    .where(shownOf(athleteId))
  const now = clock.now()
  const due = oldest?.detailAt == null ? now + DAY_MS : oldest.detailAt.getTime() + maxAgeMs * REFETCH_SHARE
  return Math.ceil(Math.min(now + DAY_MS, Math.max(now + MIN_LOOK_INTERVAL_MS, due)))
}

async function skipUntilRetention(
  { db, clock }: EnrichDeps,
  athleteId: StravaId,
  activityId: StravaId,
  work: readonly Work[],
): Promise<void> {
  await withAthleteLock(db, athleteId, async (tx) => {
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
