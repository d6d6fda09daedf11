import type { Clock, Logger } from '@ikigai/chassis'
import type { Lane, StravaId, WaitReason } from '@ikigai/contracts'
import { check, type Decision, type Denial, type Ledger, type Outcome } from '@ikigai/quota'
import type { StravaClient, StravaError, StravaErrorKind, StravaResult } from '@ikigai/strava'
import type { Attempt } from '../schedule/attempt.ts'
import type { AccessTokens, TokenAnswer } from './access-tokens.ts'

/** What a call for an athlete came to. */
export type CallResult<T> =
  | {
      readonly kind: 'answer'
      readonly value: T
      readonly scopes: readonly string[]
      readonly sentAt: number
    }
  /** Not there, or not visible to this athlete's grant. */
  | { readonly kind: 'not_found'; readonly scopes: readonly string[]; readonly sentAt: number }
  | NoAnswer

/** Strava has said nothing of what was asked. */
export type NoAnswer =
  /** The ledger says why and until when. `failed`: Strava did not answer this very call; else it was not made, or refused as any. */
  | { readonly kind: 'throttled'; readonly refusal: Denial; readonly failed: boolean }
  /** Only the athlete can cure it. */
  | {
      readonly kind: 'blocked'
      readonly reason: Extract<WaitReason, 'needs_reauthorization' | 'scope_missing'>
    }
  /** No such athlete any more. */
  | { readonly kind: 'gone' }
  /** May go better later. `consumesAttempt`: it speaks of this job and not of Strava as a whole. */
  | { readonly kind: 'failed'; readonly reason: string; readonly consumesAttempt: boolean }

/** Calls Strava for an attempt: a token, the attempt's permit or a reservation, the call, the settlement. */
export type CallStrava = <T>(
  attempt: Pick<Attempt, 'lane' | 'athleteId' | 'scopes' | 'failures' | 'permit'>,
  call: (client: StravaClient, accessToken: string) => Promise<StravaResult<T>>,
) => Promise<CallResult<T>>

/** What calls are made of. */
export interface CallDeps {
  readonly client: StravaClient
  readonly ledger: Ledger
  readonly tokens: AccessTokens
  /** What an athlete allows, as it is stored now; undefined when there is no such athlete. */
  readonly scopesOf: (athleteId: StravaId) => Promise<readonly string[] | undefined>
  readonly clock: Clock
  readonly logger: Logger
  /** Told how each call ended: `ok`, or the kind of the failure. */
  readonly onCall?: (lane: Lane, outcome: 'ok' | StravaErrorKind) => void
}

/** Failures that may be Strava's as a whole. */
const OF_STRAVA = new Set<StravaErrorKind>([
  'rate_limited',
  'application_inactive',
  'unavailable',
  'timeout',
  'network',
  'malformed',
  'forbidden',
])
/** Reasons for which nobody may call. */
const CLOSURES = new Set<WaitReason>(['rate_limited', 'application_inactive', 'strava_unavailable'])

/** See {@link CallStrava}. */
export function createCalls(deps: CallDeps): CallStrava {
  const { client, ledger, tokens, scopesOf, clock, logger } = deps

  return async ({ lane, athleteId, scopes: known, failures, permit }, call) => {
    // Twice at most: a token that Strava refuses is exchanged once.
    for (let round = 1; ; round++) {
      const scopes = round === 1 ? known : await scopesOf(athleteId)
      if (scopes === undefined) return { kind: 'gone' }
      const token = await tokens.get(athleteId, scopes)
      if (token.state !== 'active') return withoutToken(token.state)

      const permitted = permit.take()
      const reservation =
        permitted === undefined ? await ledger.reserve(lane, clock.now()) : { lease: permitted }
      if ('denial' in reservation) return { kind: 'throttled', refusal: reservation.denial, failed: false }
      const result = await call(client, token.access_token)
      const outcome = { ...outcomeOf(result), isRetry: failures > 0 }
      const state = await ledger.settle(reservation.lease, outcome, clock.now())
      deps.onCall?.(lane, result.ok ? 'ok' : result.error.kind)

      const { sentAt } = result.meta
      const { scopes: under } = token
      if (result.ok) return { kind: 'answer', value: result.value, scopes: under, sentAt }
      const { error } = result
      logger.info({ lane, athleteId, kind: error.kind, status: result.meta.status }, 'Strava call failed')
      if (error.kind === 'unauthorized') {
        tokens.refused(athleteId, token.access_token)
        if (round === 1) continue
        return { kind: 'blocked', reason: 'needs_reauthorization' }
      }
      const closure = closureFor(error.kind, check(state, lane, clock.now()))
      return closure === undefined
        ? failureOf(error, under, sentAt)
        : { kind: 'throttled', refusal: closure, failed: closure.reason === 'strava_unavailable' }
    }
  }
}

/** A failure that has stopped all calls is no failure of this one: it keeps its turn, like everybody else. */
function closureFor(kind: StravaErrorKind, decision: Decision): Denial | undefined {
  if (!OF_STRAVA.has(kind) || decision.allowed) return undefined
  return CLOSURES.has(decision.reason) ? decision : undefined
}

function withoutToken(state: Exclude<TokenAnswer['state'], 'active'>): CallResult<never> {
  if (state === 'unknown') return { kind: 'gone' }
  if (state === 'needs_reauthorization') return { kind: 'blocked', reason: state }
  return { kind: 'failed', reason: 'no access token to be had', consumesAttempt: false }
}

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

function outcomeOf({ meta, ...result }: StravaResult<unknown>): Outcome {
  const common = { headers: meta.usage, answeredAt: meta.date }
  if (result.ok) return { result: 'answered', ...common }
  const { error } = result
  switch (error.kind) {
    case 'rate_limited':
      return { result: 'rate_limited', retryAfterMs: error.retryAfterMs, ...common }
    case 'application_inactive':
      return { result: 'application_inactive', ...common }
    case 'network':
      return { result: error.sent ? 'unavailable' : 'unsent', ...common }
    case 'unavailable':
    case 'timeout':
    case 'malformed':
    case 'forbidden':
      return { result: 'unavailable', ...common }
    default:
      return { result: 'answered', ...common }
  }
}
