import type { StoredGrant } from '../grants/grant-store.ts'
import type { StravaGrants } from '../grants/strava-grants.ts'
import type { Tokens } from '../grants/tokens.ts'

/** The clocks of two replicas differ by less. */
const CLOCK_SKEW_MS = 5_000

/**
 * The tokens to keep: those of a code's exchange, unless a refresh ran at the same time. Then only Strava knows which
 * of its two answers came later, and it takes no refresh token but its latest; so the one of the exchange is tried.
 * @param exchangedAt when the exchange began: epoch ms
 */
export async function newestTokens(
  strava: Pick<StravaGrants, 'refresh'>,
  exchanged: { readonly tokens: Tokens; readonly exchangedAt: number },
  stored: StoredGrant | undefined,
): Promise<Tokens> {
  const { tokens, exchangedAt } = exchanged
  // A grant that cannot be opened, or that Strava refuses, has nothing to keep.
  if (stored?.tokens === undefined || stored.state !== 'active') return tokens
  const wasRefreshed = stored.refreshedAt >= exchangedAt - CLOCK_SKEW_MS
  // One of unknown outcome may have reached Strava after the exchange.
  const mayHaveBeen = stored.refreshBegunAt !== null && stored.refreshBegunAt >= exchangedAt - CLOCK_SKEW_MS
  if (!wasRefreshed && !mayHaveBeen) return tokens
  if (stored.tokens.refreshToken === tokens.refreshToken) return tokens
  const answer = await strava.refresh(tokens.refreshToken)
  if (answer.outcome === 'refreshed') return answer.tokens
  return answer.outcome === 'refused' && wasRefreshed ? stored.tokens : tokens
}
