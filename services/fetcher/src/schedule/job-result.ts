import { randomUUID } from 'node:crypto'
import { deadSubject, fetchSubject } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import type { Db, Tx } from '@ikigai/db'
import { enqueue } from '@ikigai/outbox'
import type { Denial } from '@ikigai/quota'
import type { NoAnswer } from '../calls/strava-calls.ts'
import { deadHeaders } from '../dead-letters.ts'
import type { Meters } from '../metrics.ts'
import type { Attempt } from './attempt.ts'
import { type Ended, type Ending, endAttempt } from './end-attempt.ts'

/** What an attempt has come to. */
export type JobResult =
  /** `ended`: so it says in the database already, in the same commit as what was stored. */
  | { readonly kind: 'done'; readonly ended?: Ended | undefined }
  /** The ledger says when to go on. `failed`: it was this very call that Strava did not answer. */
  | { readonly kind: 'throttled'; readonly refusal: Denial; readonly failed: boolean }
  /** There is more to do, but not before `until` (epoch ms). */
  | { readonly kind: 'snoozed'; readonly until: number }
  /** Again later. `consumesAttempt`: after too many of these it is given up. */
  | { readonly kind: 'failed'; readonly reason: string; readonly consumesAttempt: boolean }

/** What an attempt comes to whose call brought no answer, where nothing of its own follows from that. */
export function resultWithoutAnswer(call: NoAnswer): JobResult {
  switch (call.kind) {
    // Nothing more can be asked for this athlete; a new connection imports anew.
    case 'gone':
    case 'blocked':
      return { kind: 'done' }
    default:
      return call
  }
}

/** What ending a job needs. */
export interface EndDeps {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Logger
  readonly meters: Meters
}

/**
 * How long after each failure the next try comes. They span more than an hour, so that no outage of Strava that is too
 * quiet to be seen as one (few calls, all of them failing) makes dead letters.
 */
const DELAYS_MS = [1_000, 10_000, 60_000, 600_000, 3_600_000]
const UNCOUNTED_DELAY_MS = 5_000
/** Whose call failed lets others probe first: it may be its own fault. Longer than the looks at the queue are apart. */
const PROBED_DELAY_MS = 5_000

/** What becomes of the work after an attempt. `now` is epoch ms. What somebody waits for may be the next probe. */
export function endingOf(result: JobResult, failures: number, now: number, isWaitedFor = false): Ending {
  switch (result.kind) {
    case 'done':
      return { kind: 'done' }
    case 'snoozed':
      return { kind: 'delay', until: new Date(result.until), attempts: 0, failure: null }
    case 'throttled': {
      const { reason, retryAt } = result.refusal
      if (!result.failed) return { kind: 'release' }
      return {
        kind: 'delay',
        until: new Date((isWaitedFor ? Math.min(now, retryAt) : retryAt) + PROBED_DELAY_MS),
        attempts: failures,
        failure: reason,
      }
    }
    default: {
      const { reason: failure, consumesAttempt } = result
      const delayMs = consumesAttempt ? DELAYS_MS[failures] : UNCOUNTED_DELAY_MS
      if (delayMs === undefined) return { kind: 'dead', failure }
      const attempts = consumesAttempt ? failures + 1 : failures
      return { kind: 'delay', until: new Date(now + delayMs), attempts, failure }
    }
  }
}

/** Writes down what an attempt has come to. @returns whether the athlete has more to fetch in the lane at once */
export async function concludeAttempt(deps: EndDeps, attempt: Attempt, result: JobResult): Promise<boolean> {
  const { db, clock, meters } = deps
  meters.jobEnded(attempt.lane, result.kind, reasonOf(result))
  if (result.kind === 'done' && result.ended !== undefined) return result.ended.hasMore
  const now = clock.now()
  const ending = endingOf(result, attempt.failures, now, attempt.isWaitedFor)
  if (ending.kind === 'dead') {
    await giveUp(deps, attempt, ending)
    return false
  }
  return (await endAttempt(db, attempt, ending, new Date(now))).hasMore
}

function reasonOf(result: JobResult): string {
  if (result.kind === 'throttled') return result.refusal.reason
  return result.kind === 'failed' ? result.reason : ''
}

/** The work stays where it is, marked, and a dead letter with its reason goes to the operators. */
async function giveUp(
  { db, clock, logger, meters }: EndDeps,
  attempt: Attempt,
  ending: Extract<Ending, { kind: 'dead' }>,
): Promise<void> {
  const { lane, athleteId, wanted } = attempt
  const { failure } = ending
  const activityId = wanted?.activityId
  const isGivenUp = await db.transaction(async (tx) => {
    const { isOwn } = await endAttempt(tx, attempt, ending, new Date(clock.now()))
    if (isOwn) await sendDeadLetter(tx, attempt, failure)
    return isOwn
  })
  if (!isGivenUp) return
  meters.jobEnded(lane, 'dead', failure)
  logger.error({ lane, athleteId, activityId, reason: failure }, 'job given up: see the dead letters')
}

/** It is written as the request that brings the work back. */
function sendDeadLetter(tx: Tx, { lane, athleteId, wanted }: Attempt, failure: string): Promise<void> {
  const body = wanted === undefined ? { lane } : { lane, activity_id: wanted.activityId }
  return enqueue(tx, [
    {
      athleteId,
      subject: deadSubject('fetch', athleteId),
      messageId: randomUUID(),
      headers: deadHeaders(failure, fetchSubject('replay', athleteId)),
      body: JSON.stringify(body),
    },
  ])
}

/** Codes of Postgres, its driver and NATS that speak of the servers or of bad luck, not of the job. */
const PASSING =
  /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|57P0|08|40|53|55P03|57014|25P03|503$|TIMEOUT$|DISCONNECT)/

/** What an error that no handler expected means for its job. */
export function unexpected(error: unknown): Extract<JobResult, { kind: 'failed' }> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const name = cause instanceof Error ? cause.name : 'Error'
  const reason = `unexpected: ${name} ${code}`.trimEnd()
  return { kind: 'failed', reason, consumesAttempt: !PASSING.test(code) }
}
