import {
  type Bus,
  deadSubject,
  discard,
  done,
  giveBack,
  type JsMsg,
  publish,
  type Verdict,
} from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import type { Lane, StravaId } from '@ikigai/contracts'
import { athletes, type Db, jobFailures } from '@ikigai/db'
import type { Refusal } from '@ikigai/quota'
import { eq, sql } from 'drizzle-orm'

/** How a job ended this time. */
export type JobResult =
  | { readonly kind: 'done' }
  /** The ledger says when to go on; the job keeps its turn. */
  | { readonly kind: 'wait'; readonly refusal: Refusal }
  /** Again later. `counts`: after too many of these it goes to the dead letters. */
  | { readonly kind: 'retry'; readonly reason: string; readonly counts: boolean }

/** What failures are kept with. */
export interface FailureDeps {
  readonly db: Db
  readonly bus: Bus
  readonly clock: Clock
  readonly logger: Logger
}

const ATTEMPTS_AT_MOST = 6
const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 300_000
const UNCOUNTED_DELAY_MS = 5_000

/** Names a job over all its deliveries. */
export const jobKey = (lane: Lane, athleteId: StravaId, activityId?: StravaId) =>
  [lane, athleteId, activityId ?? ''].join(':')

/** How often a job has failed so far. */
export async function failuresOf(db: Db, key: string): Promise<number> {
  const [row] = await db
    .select({ attempts: jobFailures.attempts })
    .from(jobFailures)
    .where(eq(jobFailures.key, key))
  return row?.attempts ?? 0
}

/** Turns how a job ended into what becomes of its message. `key` names the job over its deliveries. */
export async function conclude(
  deps: FailureDeps,
  message: JsMsg,
  job: { key: string; athleteId: StravaId; waitMs: number },
  result: JobResult,
): Promise<Verdict> {
  if (result.kind === 'wait') return giveBack(job.waitMs)
  if (result.kind === 'done') {
    await deps.db.delete(jobFailures).where(eq(jobFailures.key, job.key))
    return done
  }
  if (!result.counts) return giveBack(UNCOUNTED_DELAY_MS)
  const attempts = await countFailure(deps, job, result.reason)
  // Without the athlete there is nothing left to do it for.
  if (attempts === undefined) return done
  if (attempts < ATTEMPTS_AT_MOST)
    return giveBack(Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 4 ** (attempts - 1)))
  await bury(deps.bus, message, job.athleteId, result.reason)
  await deps.db.delete(jobFailures).where(eq(jobFailures.key, job.key))
  deps.logger.error({ job: job.key, reason: result.reason }, 'job given up: see the dead letters')
  return discard(result.reason)
}

/** Counts a failure and returns how many there were. */
async function countFailure(
  { db, clock }: FailureDeps,
  { key, athleteId }: { key: string; athleteId: StravaId },
  reason: string,
): Promise<number | undefined> {
  const lastAt = new Date(clock.now()).toISOString()
  const [row] = await db.execute<{ attempts: number }>(sql`
    insert into ${jobFailures} (key, athlete_id, attempts, reason, last_at)
    select ${key}, id, 1, ${reason}, ${lastAt}::timestamptz from ${athletes} where id = ${athleteId}::bigint
    on conflict (key) do update set attempts = job_failures.attempts + 1, reason = excluded.reason, last_at = excluded.last_at
    returning attempts`)
  return row?.attempts
}

/** Keeps what could not be done, with its reason, where operators find and replay it. */
export async function bury(
  bus: Bus,
  message: JsMsg,
  athleteId: StravaId | '0',
  reason: string,
): Promise<void> {
  const { stream, streamSequence } = message.info
  await publish(bus, {
    subject: deadSubject(stream === 'FETCH' ? 'fetch' : 'strava', athleteId),
    body: message.data,
    messageId: `dead:${stream}:${streamSequence}`,
    headers: {
      'Ikigai-Reason': reason.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200),
      'Ikigai-Subject': message.subject,
    },
  })
}
