import { MAX_CLOCK_SKEW_MS } from '../clock-skew.ts'
import type { StoredGrant } from '../grants/grant-store.ts'
import type { StravaGrants } from '../grants/strava-grants.ts'
import type { Tokens } from '../grants/tokens.ts'

/**
 * The tokens to store: those of the code exchange, unless a refresh ran at the same time. Strava accepts only the newest refresh
 * token, so in that case the one of the exchange is tried, to find out which is the newest.
 * @param exchangedAt when the exchange began: epoch ms
 */
export async function newestTokens(
  strava: Pick<StravaGrants, 'refresh'>,
  exchanged: { readonly tokens: Tokens; readonly exchangedAt: number },
  stored: StoredGrant | undefined,
): Promise<Tokens> {
  const { tokens, exchangedAt } = exchanged
  // An unreadable or refused grant has no tokens to keep.
  if (stored?.tokens === undefined || stored.state !== 'active') return tokens
  const wasRefreshed = stored.refreshedAt >= exchangedAt - MAX_CLOCK_SKEW_MS
  // A refresh of unknown outcome may have reached Strava after the exchange.
  const mayHaveBeenRefreshed =
    stored.refreshBegunAt !== null && stored.refreshBegunAt >= exchangedAt - MAX_CLOCK_SKEW_MS
  if (!wasRefreshed && !mayHaveBeenRefreshed) return tokens
  if (stored.tokens.refreshToken === tokens.refreshToken) return tokens
  const answer = await strava.refresh(tokens.refreshToken)
  if (answer.outcome === 'refreshed') return answer.tokens
  return answer.outcome === 'refused' && wasRefreshed ? stored.tokens : tokens
}
