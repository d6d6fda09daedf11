import { createHash } from 'node:crypto'
import { type Bus, INTERNAL_API, RequestError, request } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import { backoffMs } from '@ikigai/chassis/async'
import type { StravaId } from '@ikigai/contracts'
import type { Db } from '@ikigai/db'
import type { AccessTokens } from '../calls/access-tokens.ts'
import type { Probe } from '../calls/probe-token.ts'
import { expediteResync } from '../resync/schedule.ts'
import {
  deleteSettled,
  type LeasedVerification,
  leaseDue,
  postponeVerification,
  settleVerification,
} from './pending.ts'

/** Dependencies of {@link startVerifying}. */
export interface VerifyDeps {
  readonly db: Db
  readonly bus: Bus
  readonly clock: Clock
  readonly logger: Logger
  readonly tokens: AccessTokens
  readonly probe: (accessToken: string) => Promise<Probe>
  /** Called with the outcome of each verification. */
  readonly onVerified?: (outcome: VerificationOutcome) => void
}

/** Outcome of a verification. `again`: Strava, the quota ledger or auth gave no answer, so it is retried. */
export type VerificationOutcome = 'active' | 'blocked' | 'erased' | 'unknown' | 'again'

/** Verifies pending reports in the background. */
export interface Verifier {
  /** Call it after a report was stored. */
  wake(): void
  /** Starts no more, and resolves after the verifications in flight. */
  stop(): Promise<void>
}

const POLL_INTERVAL_MS = 5_000
const MAX_CONCURRENCY = 8
const FIRST_RETRY_MS = 15_000
const MAX_RETRY_MS = 900_000
/** Longer than a refresh may take. */
const REQUEST_TIMEOUT_MS = 20_000

/** Starts the verifier. Any number of replicas may run one; events do not wait for it. */
export function startVerifying(deps: VerifyDeps): Verifier {
  const { db, clock, logger } = deps
  const running = new Set<Promise<void>>()
  let stopped = false
  let woken = new AbortController()
  const wake = () => woken.abort()

  const begin = (leased: LeasedVerification) => {
    const task = carryOut(deps, leased)
      .catch((error: unknown) =>
        logger.warn({ err: error }, 'verification could not be recorded; its lease will expire'),
      )
      .finally(() => {
        running.delete(task)
        wake()
      })
    running.add(task)
  }
  const startDue = async () => {
    const free = MAX_CONCURRENCY - running.size
    if (free > 0) for (const leased of await leaseDue(db, clock.now(), free)) begin(leased)
    await deleteSettled(db, clock.now())
  }
  const loop = async () => {
    while (!stopped) {
      // Before the query, so that a report stored during it is not missed.
      woken = new AbortController()
      await startDue().catch((error: unknown) =>
        logger.warn({ err: error }, 'due verifications could not be read; trying again'),
      )
      if (!stopped) await clock.sleep(POLL_INTERVAL_MS, woken.signal)
    }
    await Promise.all(running)
  }
  const looping = loop()
  return {
    wake,
    stop: async () => {
      stopped = true
      wake()
      await looping
    },
  }
}

async function carryOut(deps: VerifyDeps, leased: LeasedVerification): Promise<void> {
  const { db, clock, logger, tokens } = deps
  const { athleteId, attempts } = leased
  const result = await verify(deps, athleteId).catch((error: unknown) => {
    logger.warn({ err: error }, 'verification failed; trying again later')
    return { outcome: 'again' as const, retryAt: undefined }
  })
  tokens.forget(athleteId)
  deps.onVerified?.(result.outcome)
  logger.info({ outcome: result.outcome }, 'reported deauthorization verified')
  const now = clock.now()
  if (result.outcome === 'again') {
    const retryAt = now + backoffMs(attempts + 1, FIRST_RETRY_MS, MAX_RETRY_MS)
    await postponeVerification(db, leased, { now, notBefore: result.retryAt ?? retryAt })
    return
  }
  // If the athlete did deauthorize and connect again, Strava sent no events in between.
  if (result.outcome === 'active') await expediteResync(db, athleteId, new Date(now))
  await settleVerification(db, athleteId)
}

interface Verified {
  readonly outcome: VerificationOutcome
  readonly retryAt?: number | undefined
}

/**
 * Verifies one report. First auth refreshes the tokens: success refutes the report. If Strava rejects the refresh token, a call
 * with an unexpired access token decides; without such a token nothing is proved, and the grant is blocked.
 */
async function verify({ bus, probe }: VerifyDeps, athleteId: StravaId): Promise<Verified> {
  try {
    const begun = await request(bus, INTERNAL_API.grantVerify, { athlete_id: athleteId }, REQUEST_TIMEOUT_MS)
    if (begun.state === 'unavailable') return { outcome: 'again' }
    if (begun.state !== 'provable') return { outcome: begun.state }
    const { access_token: token } = begun
    const probed = await probe(token)
    if (probed.answer === 'none') return { outcome: 'again', retryAt: probed.retryAt }
    const proof = {
      athlete_id: athleteId,
      token_sha256: createHash('sha256').update(token).digest('hex'),
      answer: probed.answer,
      answered_at: probed.answeredAt,
    }
    const { state } = await request(bus, INTERNAL_API.grantProof, proof, REQUEST_TIMEOUT_MS)
    return { outcome: state }
  } catch (error) {
    if (error instanceof RequestError) return { outcome: 'again' }
    throw error
  }
}
