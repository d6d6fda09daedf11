import type { Clock, Logger } from '@ikigai/chassis'
import type { Lane, StravaId, WaitReason } from '@ikigai/contracts'
import type { Ledger, Outcome, Refusal } from '@ikigai/quota'
import type { StravaClient, StravaError, StravaResult } from '@ikigai/strava'
import type { AccessTokens, TokenAnswer } from './access-tokens.ts'

/** What a call for an athlete came to. */
export type CallResult<T> =
  | {
      readonly kind: 'answer'
      readonly value: T
      readonly scopes: readonly string[]
      readonly sentAt: number
    }
  /** Not called: the ledger says why and until when. */
  | { readonly kind: 'wait'; readonly refusal: Refusal }
  /** Not there, or not visible to this athlete's grant. */
  | { readonly kind: 'not_found'; readonly scopes: readonly string[]; readonly sentAt: number }
  /** Only the athlete can cure it. */
  | {
      readonly kind: 'blocked'
      readonly reason: Extract<WaitReason, 'needs_reauthorization' | 'scope_missing'>
    }
  /** No such athlete any more. */
  | { readonly kind: 'gone' }
  /** May go better later. `counts`: it speaks of this job and not of Strava as a whole. */
  | { readonly kind: 'failed'; readonly reason: string; readonly counts: boolean }

/** Calls Strava for athletes: a token, a reservation, the call, the settlement. */
export type CallStrava = <T>(
  lane: Lane,
  athleteId: StravaId,
  call: (client: StravaClient, accessToken: string) => Promise<StravaResult<T>>,
) => Promise<CallResult<T>>

/** What calls are made of. */
export interface CallDeps {
  readonly client: StravaClient
  readonly ledger: Ledger
  readonly tokens: AccessTokens
  /** What an athlete allows, as it is stored now; undefined when there is none such. */
  readonly scopesOf: (athleteId: StravaId) => Promise<readonly string[] | undefined>
  readonly clock: Clock
  readonly logger: Logger
}

/** See {@link CallStrava}. */
export function createCalls(deps: CallDeps): CallStrava {
  const { client, ledger, tokens, scopesOf, clock, logger } = deps
  return async (lane, athleteId, call) => {
    // Twice at most: a token that Strava refuses is exchanged once.
    for (let attempt = 1; ; attempt++) {
      const scopes = await scopesOf(athleteId)
      if (scopes === undefined) return { kind: 'gone' }
      const token = await tokens.get(athleteId, scopes)
      if (token.state !== 'active') return withoutToken(token.state)

      const reservation = await ledger.reserve(lane, clock.now())
      if ('refusal' in reservation) return { kind: 'wait', refusal: reservation.refusal }
      const result = await call(client, token.access_token)
      await ledger.settle(reservation.lease, outcomeOf(result), clock.now())

      const { sentAt } = result.meta
      if (result.ok) return { kind: 'answer', value: result.value, scopes: token.scopes, sentAt }
      const { error } = result
      logger.info({ lane, athleteId, kind: error.kind, status: result.meta.status }, 'Strava call failed')
      if (error.kind === 'unauthorized') {
        tokens.refused(athleteId, token.access_token)
        if (attempt === 1) continue
        return { kind: 'blocked', reason: 'needs_reauthorization' }
      }
      return failureOf(error, token.scopes, sentAt)
    }
  }
}

function withoutToken(state: Exclude<TokenAnswer['state'], 'active'>): CallResult<never> {
  if (state === 'unknown') return { kind: 'gone' }
  if (state === 'needs_reauthorization') return { kind: 'blocked', reason: state }
  return { kind: 'failed', reason: 'no access token to be had', counts: false }
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
    case 'forbidden':
      return { kind: 'failed', reason: error.kind, counts: false }
    default:
      return { kind: 'failed', reason: error.kind, counts: true }
  }
}

function outcomeOf({ meta, ...result }: StravaResult<unknown>): Outcome {
  const common = { reading: meta.usage, answeredAt: meta.date }
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
