import { type Bus, deadSubject, type JsMsg, publish } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import type { Db } from '@ikigai/db'
import { enqueue, turnMessage } from '@ikigai/outbox'
import type { Refusal } from '@ikigai/quota'
import { type ClaimedJob, deferJob, finishJob, giveUpJob, releaseJob } from './queue.ts'

/** How a job ended this time. */
export type JobResult =
  | { readonly kind: 'done' }
  /** The ledger says when to go on; the job keeps its place. */
  | { readonly kind: 'wait'; readonly refusal: Refusal }
  /** Again later. `counts`: after too many of these it goes to the dead letters. */
  | { readonly kind: 'retry'; readonly reason: string; readonly counts: boolean }

/** What ending a job needs. */
export interface EndDeps {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Logger
  readonly kick: () => void
}

const ATTEMPTS_AT_MOST = 6
const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 300_000
const UNCOUNTED_DELAY_MS = 5_000

/** Turns how a job ended into what becomes of it. @returns whether it can be served again at once */
export async function conclude(deps: EndDeps, job: ClaimedJob, result: JobResult): Promise<boolean> {
  const { db, clock } = deps
  if (result.kind === 'done') return finishJob(db, job)
  if (result.kind === 'wait') {
    await releaseJob(db, job)
    return false
  }
  const { reason, counts } = result
  if (!counts) {
    const until = new Date(clock.now() + UNCOUNTED_DELAY_MS)
    await deferJob(db, job, { until, attempts: job.attempts, reason })
    return false
  }
  const attempts = job.attempts + 1
  if (attempts >= ATTEMPTS_AT_MOST) {
    await giveUp(deps, job, reason)
    return false
  }
  const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 4 ** (attempts - 1))
  await deferJob(db, job, { until: new Date(clock.now() + delayMs), attempts, reason })
  return false
}

/** The job stays where it is, marked, and goes to the dead letters with its reason. */
async function giveUp({ db, clock, logger, kick }: EndDeps, job: ClaimedJob, reason: string): Promise<void> {
  const { lane, athleteId, activityId } = job
  await db.transaction(async (tx) => {
    if (!(await giveUpJob(tx, job, reason, new Date(clock.now())))) return
    const turn = turnMessage(lane, athleteId, activityId ?? '0')
    const headers = deadHeaders(reason, turn.subject)
    await enqueue(tx, [{ ...turn, subject: deadSubject('fetch', athleteId), headers }])
  })
  kick()
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
