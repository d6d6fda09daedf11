import { randomUUID } from 'node:crypto'
import { deadSubject, fetchSubject } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import type { Db, Tx } from '@ikigai/db'
import { enqueue } from '@ikigai/outbox'
import type { Denial } from '@ikigai/quota'
import type { NoAnswer } from '../calls/strava-calls.ts'
import { deadHeaders } from '../dead-letters.ts'
import type { FetcherMetrics } from '../metrics.ts'
import type { Attempt } from './attempt.ts'
import { type Ended, type Ending, endAttempt } from './end-attempt.ts'

/** Result of an attempt. docs/architecture.md draws the states of a job. */
export type JobResult =
  /** `ended`: set if the handler ended the attempt itself, in the same commit as the stored data. */
  | { readonly kind: 'done'; readonly ended?: Ended | undefined }
  /** The ledger admits no call now. `failed`: this attempt's own call failed, and all calls are stopped since. */
  | { readonly kind: 'throttled'; readonly denial: Denial; readonly failed: boolean }
  /** There is more to do, but not before `until` (epoch ms). */
  | { readonly kind: 'snoozed'; readonly until: number }
  /** Retried with a delay. `consumesAttempt`: too many of these make the job dead. */
  | { readonly kind: 'failed'; readonly reason: string; readonly consumesAttempt: boolean }

/** The result for a call without an answer, for handlers that do not treat it specially. */
export function resultWithoutAnswer(call: NoAnswer): JobResult {
  switch (call.kind) {
    // Nothing more can be fetched for this athlete; a new connection starts a new import.
    case 'gone':
    case 'blocked':
      return { kind: 'done' }
    default:
      return call
  }
}

/** Dependencies of {@link concludeAttempt}. */
export interface EndDeps {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: FetcherMetrics
}

/**
 * Delays after the failures of a job, in turn; the failure after the last one is final. They span more than an hour, so that an outage of Strava makes no dead letters even if there
 * are too few calls to open the circuit breaker.
 */
const DELAYS_MS = [1_000, 10_000, 60_000, 600_000, 3_600_000]
const UNCOUNTED_DELAY_MS = 5_000
/** After a failure that opened the breaker, another job probes first, as this one may be the cause. Longer than a poll. */
const PROBE_DELAY_MS = 5_000

/** Maps a result to the ending of the attempt. `now`: epoch ms. Work that an athlete waits for may be the next probe of the breaker. */
function endingOf(result: JobResult, failures: number, now: number, isWaitedFor = false): Ending {
  switch (result.kind) {
    case 'done':
      return { kind: 'done' }
    case 'snoozed':
      return { kind: 'delay', until: new Date(result.until), attempts: 0, failure: null }
    case 'throttled': {
      const { reason, retryAt } = result.denial
      if (!result.failed) return { kind: 'release' }
      return {
        kind: 'delay',
        until: new Date((isWaitedFor ? Math.min(now, retryAt) : retryAt) + PROBE_DELAY_MS),
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

/** Stores the result of an attempt. @returns whether the athlete has more to fetch in the lane now */
export async function concludeAttempt(deps: EndDeps, attempt: Attempt, result: JobResult): Promise<boolean> {
  const { db, clock, metrics } = deps
  metrics.jobEnded(attempt.lane, result.kind, reasonOf(result))
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
  if (result.kind === 'throttled') return result.denial.reason
  return result.kind === 'failed' ? result.reason : ''
}

/** Marks the work as dead and publishes a dead letter with the reason. */
async function giveUp(
  { db, clock, logger, metrics }: EndDeps,
  attempt: Attempt,
  ending: Extract<Ending, { kind: 'dead' }>,
): Promise<void> {
  const { lane } = attempt
  const { failure } = ending
  const isGivenUp = await db.transaction(async (tx) => {
    const { isOwn } = await endAttempt(tx, attempt, ending, new Date(clock.now()))
    if (isOwn) await sendDeadLetter(tx, attempt, failure)
    return isOwn
  })
  if (!isGivenUp) return
  metrics.jobEnded(lane, 'dead', failure)
  logger.error({ lane, reason: failure }, 'job given up: see the dead letters')
}

/** The dead letter is the request that queues the work again when it is replayed. */
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

/** Error codes of PostgreSQL, its driver and NATS that are transient and not caused by the job. */
const TRANSIENT =
  /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|57P0|08|40|53|55P03|57014|25P03|503$|TIMEOUT$|DISCONNECT)/

/** The result for an error that no handler expected. */
export function unexpected(error: unknown): Extract<JobResult, { kind: 'failed' }> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const name = cause instanceof Error ? cause.name : 'Error'
  const reason = `unexpected: ${name} ${code}`.trimEnd()
  return { kind: 'failed', reason, consumesAttempt: !TRANSIENT.test(code) }
}
