import type { StravaClient, StravaError } from '@ikigai/strava'
import type { Tokens } from './tokens.ts'

/** What Strava says of a refresh. `refused`: it does not know the grant any more. */
export type RefreshAnswer =
  | { readonly outcome: 'refreshed'; readonly tokens: Tokens }
  | { readonly outcome: 'refused' }
  | { readonly outcome: 'unavailable'; readonly reason: string }

/** Whether the grant is gone at Strava. */
export type RevokeAnswer =
  | { readonly outcome: 'gone' }
  | { readonly outcome: 'unavailable'; readonly reason: string }

/** What auth asks of Strava about a grant. */
export interface StravaGrants {
  refresh(refreshToken: string): Promise<RefreshAnswer>
  /** Ends a grant. `keep` stores tokens that were rotated on the way, before they are used. */
  revoke(tokens: Tokens, keep: (rotated: Tokens) => Promise<void>): Promise<RevokeAnswer>
}

/** Only these words of Strava end a grant; a wrong client secret, say, is our fault and not the athlete's. */
const isRefused = ({ kind }: StravaError) => kind === 'invalid_grant'

/** `revokePath`: the legacy `deauthorize` takes a valid access token and nothing else (Strava API docs, changelog of 2026). */
export function createStravaGrants(client: StravaClient, revokePath: 'revoke' | 'deauthorize'): StravaGrants {
  const refresh = async (refreshToken: string): Promise<RefreshAnswer> => {
    const result = await client.refreshToken(refreshToken)
    if (!result.ok) {
      return isRefused(result.error)
        ? { outcome: 'refused' }
        : { outcome: 'unavailable', reason: result.error.kind }
    }
    const { accessToken, refreshToken: rotated, expiresAt } = result.value
    return { outcome: 'refreshed', tokens: { accessToken, refreshToken: rotated, expiresAt } }
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
      if (answer.outcome === 'unavailable') return answer
      await keep(answer.tokens)
      const second = await revoke(answer.tokens.accessToken)
      return second === 'unauthorized' ? { outcome: 'unavailable', reason: second } : second
    },
  }
}
