import type { Clock, Logger } from '@ikigai/chassis'
import type { Lane, StravaId, WaitReason } from '@ikigai/contracts'
import { check, type Decision, type Denial, type Ledger, type LedgerState } from '@ikigai/quota'
import type { StravaClient, StravaError, StravaErrorKind, StravaResult } from '@ikigai/strava'
import type { Attempt, Permit } from '../schedule/attempt.ts'
import { type AccessTokens, pauseAfter, type TokenAnswer } from './access-tokens.ts'
import { outcomeOf } from './outcome-of.ts'

/** Result of a call for an athlete. */
export type CallResult<T> =
  | {
      readonly kind: 'answer'
      readonly value: T
      readonly scopes: readonly string[]
      readonly sentAt: number
    }
  /** 404: it does not exist, or is not visible to this grant. */
  | { readonly kind: 'not_found'; readonly scopes: readonly string[]; readonly sentAt: number }
  | NoAnswer

/** No usable answer. */
export type NoAnswer =
  /** Denied, with reason and retry time. `failed`: the call was made and Strava did not answer it. */
  | { readonly kind: 'throttled'; readonly denial: Denial; readonly failed: boolean }
  /** Only the athlete can resolve it. */
  | {
      readonly kind: 'blocked'
      readonly reason: Extract<WaitReason, 'needs_reauthorization' | 'scope_missing'>
    }
  /** The athlete has no account any more. */
  | { readonly kind: 'gone' }
  /**
   * May succeed later. `consumesAttempt`: the failure is the job's, not Strava's as a whole. `wait`: the wait shown to the
   * athlete.
   */
  | {
      readonly kind: 'failed'
      readonly reason: string
      readonly consumesAttempt: boolean
      readonly wait?: { readonly reason: WaitReason; readonly until: number }
    }

/**
 * Calls Strava for an attempt: gets a token, takes the attempt's permit or reserves a call, makes the call and settles it. A
 * rejected token is replaced once, and the call repeated.
 */
export type CallStrava = <T>(
  attempt: Pick<Attempt, 'lane' | 'athleteId' | 'scopes' | 'failures' | 'permit'>,
  call: (client: StravaClient, accessToken: string) => Promise<StravaResult<T>>,
) => Promise<CallResult<T>>

/** Dependencies of {@link createCalls}. */
export interface CallDeps {
  readonly client: StravaClient
  readonly ledger: Ledger
  readonly tokens: AccessTokens
  /** An athlete's scopes as stored now; undefined if there is no such athlete. */
  readonly scopesOf: (athleteId: StravaId) => Promise<readonly string[] | undefined>
  readonly clock: Clock
  readonly logger: Logger
  /** Called with the result of each call: `ok`, or the kind of the failure. */
  readonly onCall?: (lane: Lane, outcome: 'ok' | StravaErrorKind) => void
  /** Called with the state of the ledger after each call. */
  readonly onLedger?: (state: LedgerState) => void
  /** Called with Strava's clock of an answer, and ours at its arrival: epoch ms. */
  readonly onDate?: (date: number, at: number) => void
}

/** The wait that is shown to the athlete while auth does not answer: ms. The retry comes sooner. */
const AUTH_OUTAGE_WAIT_MS = 15_000

/** Failures that may concern all calls, not only this one. */
const STRAVA_WIDE = new Set<StravaErrorKind>([
  'rate_limited',
  'application_inactive',
  'unavailable',
  'timeout',
  'network',
  'malformed',
  'forbidden',
])
/** Denials of all calls, in every lane. */
const DENIES_ALL = new Set<WaitReason>(['rate_limited', 'application_inactive', 'strava_unavailable'])

/** See {@link CallStrava}. */
export function createCalls(deps: CallDeps): CallStrava {
  const { client, ledger, tokens, scopesOf, clock, logger } = deps

  /** Strava did not refresh the token, so no call is made: settles the permit as a failed call. */
  const settleWithoutToken = async (permit: Permit): Promise<void> => {
    const lease = permit.take()
    if (lease === undefined) return
    deps.onLedger?.(await ledger.settle(lease, { result: 'no_token' }, clock.now()))
  }

  return async ({ lane, athleteId, scopes: known, failures, permit }, call) => {
    // At most twice: a rejected token is replaced once.
    for (let round = 1; ; round++) {
      const scopes = round === 1 ? known : await scopesOf(athleteId)
      if (scopes === undefined) return { kind: 'gone' }
      const token = await tokens.get(athleteId, scopes)
      if (token.state === 'unavailable') await settleWithoutToken(permit)
      if (token.state !== 'active') return withoutToken(token, clock.now())

      const permitted = permit.take()
      const reservation =
        permitted === undefined ? await ledger.reserve(lane, clock.now()) : { lease: permitted }
      if ('denial' in reservation) return { kind: 'throttled', denial: reservation.denial, failed: false }
      const result = await call(client, token.access_token)
      const outcome = { ...outcomeOf(result), isRetry: failures > 0 }
      const settlement = ledger.settle(reservation.lease, outcome, clock.now()).then((state) => {
        deps.onLedger?.(state)
        return state
      })
      deps.onCall?.(lane, result.ok ? 'ok' : result.error.kind)

      const { sentAt, date } = result.meta
      if (date !== undefined) deps.onDate?.(date, clock.now())
      const { scopes: tokenScopes } = token
      if (result.ok) {
        // The caller stores the answer meanwhile.
        permit.settling(settlement)
        tokens.accepted(athleteId)
        return { kind: 'answer', value: result.value, scopes: tokenScopes, sentAt }
      }
      const state = await settlement
      const { error } = result
      logger.info({ lane, kind: error.kind, status: result.meta.status }, 'Strava call failed')
      if (error.kind === 'unauthorized') {
        tokens.rejected(athleteId, token.access_token)
        if (round === 1) continue
        // The next call reports this token to auth too, which finds out whether the grant has ended.
        return rejected(clock.now() + pauseAfter(1))
      }
      const denial = denialAfter(error.kind, check(state, lane, clock.now()))
      return denial === undefined
        ? failureOf(error, tokenScopes, sentAt)
        : { kind: 'throttled', denial, failed: denial.reason === 'strava_unavailable' }
    }
  }
}

/** The denial, if the failure stopped all calls: then it does not consume an attempt, and the job keeps its place. */
function denialAfter(kind: StravaErrorKind, decision: Decision): Denial | undefined {
  if (!STRAVA_WIDE.has(kind) || decision.allowed) return undefined
  return DENIES_ALL.has(decision.reason) ? decision : undefined
}

function withoutToken(token: Exclude<TokenAnswer, { state: 'active' }>, now: number): CallResult<never> {
  switch (token.state) {
    case 'unknown':
      return { kind: 'gone' }
    case 'needs_reauthorization':
      return { kind: 'blocked', reason: token.state }
    case 'paused':
      return rejected(token.until)
    case 'unavailable':
      return { kind: 'failed', reason: 'Strava does not renew the token', consumesAttempt: false }
    case 'unanswered':
      return {
        kind: 'failed',
        reason: 'auth does not answer',
        consumesAttempt: false,
        wait: { reason: 'service_unavailable', until: now + AUTH_OUTAGE_WAIT_MS },
      }
  }
}

/** Strava rejects a token that a refresh returns unchanged: the job waits until then (epoch ms), without using up an attempt. */
const rejected = (until: number): CallResult<never> => ({
  kind: 'failed',
  reason: 'token_rejected',
  consumesAttempt: false,
  wait: { reason: 'token_rejected', until },
})

function failureOf(error: StravaError, scopes: readonly string[], sentAt: number): CallResult<never> {
  switch (error.kind) {
    case 'not_found':
      return { kind: 'not_found', scopes, sentAt }
    case 'scope_missing':
      return { kind: 'blocked', reason: 'scope_missing' }
    case 'rate_limited':
    case 'application_inactive':
    case 'network':
      return { kind: 'failed', reason: error.kind, consumesAttempt: false }
    default:
      return { kind: 'failed', reason: error.kind, consumesAttempt: true }
  }
}
