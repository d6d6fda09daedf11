import type { Clock } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { catchUps, type Db, type Tx } from '@ikigai/db'
import type { ActivityPage } from '@ikigai/strava'
import { eq } from 'drizzle-orm'
import { withAthleteLock } from '../activities/athlete-lock.ts'
import { storeDocuments } from '../activities/store.ts'
import type { CallResult, CallStrava } from '../calls/strava-calls.ts'
import { expediteResync } from '../resync/schedule.ts'
import type { Attempt } from '../schedule/attempt.ts'
import { type JobResult, resultWithoutAnswer } from '../schedule/job-result.ts'
import { type CatchUpState, catchUpDueAt, isWorthAnother } from './event-budget.ts'
import { areAllCallsSpent, chargeAllCalls } from './event-calls.ts'
import { hasOpenEvents, refuteOpenEvents, settleEvents } from './processed-events.ts'

/** Dependencies of {@link catchUp}. */
export interface CatchUpDeps {
  readonly db: Db
  readonly call: CallStrava
  readonly clock: Clock
}

/** Strava's largest page (Strava API docs, "List Athlete Activities"). */
const PER_PAGE = 200

/**
 * Verifies an athlete's events with one list call, when there are more than are verified by a call each: it returns the 200
 * newest activities. Events about older ones are left to the next resync, which is brought forward.
 * While the budget over all athletes is spent, the call is admitted as one of the lane `resync`.
 */
export async function catchUp(deps: CatchUpDeps, attempt: Attempt): Promise<JobResult> {
  const { db, call, clock } = deps
  const { athleteId } = attempt
  const now = clock.now()
  if (!(await hasOpenEvents(db, athleteId))) return { kind: 'done' }
  const state = await readState(db, athleteId)
  const dueAt = catchUpDueAt(state, now)
  if (dueAt > now) return { kind: 'snoozed', until: dueAt }
  const isBorrowed = await areAllCallsSpent(db, new Date(now))
  // The attempt's permit is for the lane `webhook`: it stays unused and is released.
  const permit = { ...attempt.permit, take: () => undefined }
  const caller = isBorrowed ? { ...attempt, lane: 'resync' as const, permit } : attempt
  const result = await call(caller, (client, token) => client.listActivities(token, { perPage: PER_PAGE }))
  switch (result.kind) {
    case 'answer': {
      const next = await store(deps, athleteId, state?.fruitless ?? 0, result)
      return next === undefined ? { kind: 'done' } : { kind: 'snoozed', until: next }
    }
    case 'throttled':
      // Only this call waits for the lane `resync`; a throttled result would stop the whole lane `webhook`.
      return isBorrowed ? { kind: 'snoozed', until: result.denial.retryAt } : result
    case 'not_found':
      return { kind: 'done' }
    default:
      return resultWithoutAnswer(result)
  }
}

/** @returns when to list again (epoch ms); undefined if no event is open or another list is unlikely to help */
async function store(
  deps: CatchUpDeps,
  athleteId: StravaId,
  fruitless: number,
  { value: page, sentAt, scopes }: Extract<CallResult<ActivityPage>, { kind: 'answer' }>,
): Promise<number | undefined> {
  const change = async (tx: Tx) => {
    const now = new Date(deps.clock.now())
    const own = page.activities.filter((activity) => activity.athleteId === athleteId)
    const documents = page.activities.map(({ id, athleteId: owner, raw }) => ({ id, athleteId: owner, raw }))
    await storeDocuments(tx, { athleteId, documents, kind: 'summary', sentAt }, now)
    const ids = own.map(({ id }) => id)
    const { confirmed } = await settleEvents(tx, athleteId, ids, sentAt)
    if (confirmed === 0) await chargeAllCalls(tx, now)
    const state = { listedAt: now.getTime(), fruitless: confirmed === 0 ? fruitless + 1 : 0 }
    await writeState(tx, athleteId, state)
    if (!(await hasOpenEvents(tx, athleteId))) return undefined
    await expediteResync(tx, athleteId, now)
    if (isWorthAnother(state)) return catchUpDueAt(state, now.getTime())
    await refuteOpenEvents(tx, athleteId)
    return undefined
  }
  return withAthleteLock(deps.db, athleteId, change, scopes)
}

async function readState(db: Db, athleteId: StravaId): Promise<CatchUpState | undefined> {
  const [row] = await db.select().from(catchUps).where(eq(catchUps.athleteId, athleteId))
  return row === undefined ? undefined : { listedAt: row.listedAt.getTime(), fruitless: row.fruitless }
}

async function writeState(tx: Tx, athleteId: StravaId, state: CatchUpState): Promise<void> {
  const values = { listedAt: new Date(state.listedAt), fruitless: state.fruitless }
  await tx
    .insert(catchUps)
    .values({ athleteId, ...values })
    .onConflictDoUpdate({ target: catchUps.athleteId, set: values })
}
