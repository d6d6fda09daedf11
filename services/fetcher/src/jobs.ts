import { type Bus, deadSubject, type JsMsg, publish } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import type { Db } from '@ikigai/db'
import { enqueue, turnMessage } from '@ikigai/outbox'
import type { Refusal } from '@ikigai/quota'
import type { Meters } from './metrics.ts'
import { type ClaimedJob, deferJob, finishJob, giveUpJob, releaseJob } from './queue.ts'

/** How a job ended this time. */
export type JobResult =
  | { readonly kind: 'done' }
  /** The ledger says when to go on; the job keeps its place. `failed`: it was its call that Strava did not answer. */
  | { readonly kind: 'wait'; readonly refusal: Refusal; readonly failed?: boolean }
  /** Again later. `counts`: after too many of these it goes to the dead letters. */
  | { readonly kind: 'retry'; readonly reason: string; readonly counts: boolean }
  /** There is more to do, but not before `until` (epoch ms). */
  | { readonly kind: 'later'; readonly until: number }

/** What ending a job needs. */
export interface EndDeps {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Logger
  readonly meters: Meters
  readonly kick: () => void
}

/**
 * How long after each failure the next try comes. They span more than an hour, so that no outage of Strava that is too
 * quiet to be seen as one (few calls, all of them failing) makes dead letters.
 */
const DELAYS_MS = [1_000, 10_000, 60_000, 600_000, 3_600_000]
const UNCOUNTED_DELAY_MS = 5_000
/** Whose call failed lets others probe first: it may be its own fault. Longer than lost turns take to be restored. */
const PROBED_DELAY_MS = 5_000

/** Turns how a job ended into what becomes of it. @returns whether it can be served again at once */
export async function conclude(deps: EndDeps, job: ClaimedJob, result: JobResult): Promise<boolean> {
  const { db, clock } = deps
  deps.meters.jobEnded(job.lane, result.kind, reasonOf(result))
  if (result.kind === 'done') return finishJob(db, job)
  if (result.kind === 'wait') {
    const { refusal, failed = false } = result
    if (!failed) await releaseJob(db, job)
    else {
      const until = new Date(refusal.until + PROBED_DELAY_MS)
      await deferJob(db, job, { until, attempts: job.attempts, reason: refusal.reason })
    }
    return false
  }
  if (result.kind === 'later') {
    await deferJob(db, job, { until: new Date(result.until), attempts: 0, reason: null })
    return false
  }
  const { reason, counts } = result
  if (!counts) {
    const until = new Date(clock.now() + UNCOUNTED_DELAY_MS)
    await deferJob(db, job, { until, attempts: job.attempts, reason })
    return false
  }
  const delayMs = DELAYS_MS[job.attempts]
  if (delayMs === undefined) await giveUp(deps, job, reason)
  else await deferJob(db, job, { until: new Date(clock.now() + delayMs), attempts: job.attempts + 1, reason })
  return false
}

function reasonOf(result: JobResult): string {
  if (result.kind === 'wait') return result.refusal.reason
  return result.kind === 'retry' ? result.reason : ''
}

/** The job stays where it is, marked, and goes to the dead letters with its reason. */
async function giveUp(
  { db, clock, logger, meters, kick }: EndDeps,
  job: ClaimedJob,
  reason: string,
): Promise<void> {
  const { lane, athleteId, activityId } = job
  await db.transaction(async (tx) => {
    if (!(await giveUpJob(tx, job, reason, new Date(clock.now())))) return
    const turn = turnMessage(lane, athleteId, activityId ?? '0')
    const headers = deadHeaders(reason, turn.subject)
    await enqueue(tx, [{ ...turn, subject: deadSubject('fetch', athleteId), headers }])
  })
  kick()
  meters.jobEnded(lane, 'dead', reason)
  logger.error({ lane, athleteId, activityId, reason }, 'job given up: see the dead letters')
}

const deadHeaders = (reason: string, subject: string) => ({
  'Ikigai-Reason': reason.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200),
  'Ikigai-Subject': subject,
})

/** Keeps a message that could not be dealt with, with its reason, where operators find and replay it. */
export async function bury(
  bus: Bus,
  message: JsMsg,
  athleteId: StravaId | '0',
  reason: string,
): Promise<void> {
  const { stream, streamSequence } = message.info
  await publish(bus, {
    subject: deadSubject('strava', athleteId),
    body: message.data,
    messageId: `dead:${stream}:${streamSequence}`,
    headers: deadHeaders(reason, message.subject),
  })
}

/** Codes of Postgres, its driver and NATS that speak of the servers or of bad luck, not of the job. */
const PASSING =
  /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|57P0|08|40|53|55P03|57014|25P03|503$|TIMEOUT$|DISCONNECT)/

/** What an error that no handler expected means for its job. */
export function unexpected(error: unknown): { reason: string; counts: boolean } {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const name = cause instanceof Error ? cause.name : 'Error'
  return { reason: `unexpected: ${name} ${code}`.trimEnd(), counts: !PASSING.test(code) }
}
