import type { StravaClient, StravaError } from '@ikigai/strava'
import type { RefreshOutcome } from './rules.ts'
import type { Tokens } from './tokens.ts'

/** Strava's answer to a refresh. `date`: its clock, epoch ms; undefined without a `Date` header. */
export type RefreshAnswer =
  | { readonly outcome: 'refreshed'; readonly tokens: Tokens; readonly date?: number | undefined }
  | { readonly outcome: 'refused'; readonly date?: number | undefined }
  | {
      readonly outcome: Extract<RefreshOutcome, 'not-done' | 'unknown'>
      readonly reason: string
      readonly date?: number | undefined
    }

/** Result of a revocation. `gone`: Strava has no such grant any more. */
export type RevokeAnswer =
  | { readonly outcome: 'gone' }
  | { readonly outcome: 'unavailable'; readonly reason: string }

/** The calls of auth to Strava. */
export interface StravaGrants {
  refresh(refreshToken: string): Promise<RefreshAnswer>
  /** Revokes a grant. @param keep stores rotated tokens, before they are used */
  revoke(tokens: Tokens, keep: (rotated: Tokens) => Promise<void>): Promise<RevokeAnswer>
}

/** Outcome of a failed refresh. Only a rejected refresh token is a refusal; a rejected client secret is our own error. */
function outcomeOfError(error: StravaError): Exclude<RefreshOutcome, 'refreshed'> {
  switch (error.kind) {
    case 'invalid_grant':
      return 'refused'
    case 'unavailable':
    case 'timeout':
    case 'malformed':
      return 'unknown'
    case 'network':
      return error.sent ? 'unknown' : 'not-done'
    default:
      return 'not-done'
  }
}

/** @param revokePath the legacy `deauthorize` accepts only a valid access token (Strava API docs, changelog of 2026) */
export function createStravaGrants(client: StravaClient, revokePath: 'revoke' | 'deauthorize'): StravaGrants {
  const refresh = async (refreshToken: string): Promise<RefreshAnswer> => {
    const result = await client.refreshToken(refreshToken)
    const { date } = result.meta
    if (!result.ok) {
      const outcome = outcomeOfError(result.error)
      return outcome === 'refused' ? { outcome, date } : { outcome, reason: result.error.kind, date }
    }
    const { accessToken, refreshToken: rotated, expiresAt } = result.value
    return { outcome: 'refreshed', tokens: { accessToken, refreshToken: rotated, expiresAt }, date }
  }

  const revoke = async (token: string): Promise<RevokeAnswer | 'unauthorized'> => {
    const result = await client.revoke(token)
    if (result.ok) return { outcome: 'gone' }
    return result.error.kind === 'unauthorized'
      ? 'unauthorized'
      : { outcome: 'unavailable', reason: result.error.kind }
  }

  return {
    refresh,
    revoke: async (tokens, keep) => {
      const first = await revoke(revokePath === 'revoke' ? tokens.refreshToken : tokens.accessToken)
      if (first !== 'unauthorized') return first
      const answer = await refresh(tokens.refreshToken)
      if (answer.outcome === 'refused') return { outcome: 'gone' }
      if (answer.outcome !== 'refreshed') return { outcome: 'unavailable', reason: answer.reason }
      await keep(answer.tokens)
      const second = await revoke(answer.tokens.accessToken)
      return second === 'unauthorized' ? { outcome: 'unavailable', reason: second } : second
    },
  }
}
