import type { InternalReply } from '@ikigai/bus'
import { singleFlight } from '@ikigai/chassis/async'
import type { StravaId } from '@ikigai/contracts'
import { createCooldown } from './cooldown.ts'
import type { StoredGrant } from './grant-store.ts'
import { type RefreshDeps, refreshGrant } from './refresh-grant.ts'
import { tokenDigest } from './tokens.ts'

type Reply = InternalReply<'grantToken'>

/** Provides access tokens that stay valid for some minutes. */
export interface AccessTokenProvider {
  /**
   * @param rejectedSha256 digest of an access token that Strava has rejected: it is returned again only if a refresh
   * returns the same one, which confirms it
   */
  token(athleteId: StravaId, rejectedSha256?: string): Promise<Reply>
}

/** A token with less validity left is refreshed: ms. The random jitter spreads the replicas over a minute. */
const REFRESH_BELOW_MS = 300_000
const REFRESH_JITTER_MS = 60_000
/** While Strava does not refresh tokens, one that is valid for at least this long is still returned: ms. */
const USABLE_ABOVE_MS = 30_000

/** How long a token that a refresh has confirmed is returned although Strava has rejected it: ms. */
const CONFIRMATION_TTL_MS = 600_000

interface TokenRequirements {
  /** A token with less validity left is refreshed: ms. */
  readonly refreshBelowMs: number
  /** Digest of an access token that Strava has rejected. */
  readonly rejected: string | undefined
}

/**
 * Returns the stored token while it is valid and refreshes it before it expires. Concurrent callers for one athlete wait
 * for the refresh in flight: in this process by sharing it, in others by the athlete's lock.
 */
export function createAccessTokenProvider(deps: RefreshDeps): AccessTokenProvider {
  const { db, store, clock } = deps
  const cooldown = createCooldown(clock)
  const refreshOnce = singleFlight<Reply>()

  const isConfirmed = ({ confirmedAt }: StoredGrant) =>
    confirmedAt !== null && Math.abs(clock.now() - confirmedAt) < CONFIRMATION_TTL_MS

  /** The reply with the stored token, if it is valid for more than `minValidityMs` and not rejected. */
  const replyWith = (
    grant: StoredGrant,
    minValidityMs: number,
    rejected: string | undefined,
  ): Reply | undefined => {
    const { tokens, scopes } = grant
    if (tokens === undefined || tokens.expiresAt - clock.now() <= minValidityMs) return undefined
    if (tokenDigest(tokens.accessToken) === rejected && !isConfirmed(grant)) return undefined
    return {
      state: 'active',
      access_token: tokens.accessToken,
      expires_at: tokens.expiresAt,
      scopes: [...scopes],
    }
  }

  /** The reply from the store alone; undefined when a refresh is needed. */
  const storedReply = (
    grant: StoredGrant,
    { refreshBelowMs, rejected }: TokenRequirements,
  ): Reply | undefined =>
    grant.state === 'active' ? replyWith(grant, refreshBelowMs, rejected) : { state: 'needs_reauthorization' }

  const replyInOutage = (grant: StoredGrant, { rejected }: TokenRequirements): Reply =>
    replyWith(grant, USABLE_ABOVE_MS, rejected) ?? { state: 'unavailable' }

  const refresh = async (athleteId: StravaId, requirements: TokenRequirements): Promise<Reply> => {
    const result = await refreshGrant(deps, athleteId, {
      needed: (grant) => storedReply(grant, requirements) === undefined,
      isRejected: (accessToken) => tokenDigest(accessToken) === requirements.rejected,
    })
    switch (result.outcome) {
      case 'unknown':
        return { state: 'unknown' }
      case 'refused':
      case 'unreadable':
        return { state: 'needs_reauthorization' }
      case 'unavailable':
        cooldown.start(athleteId, result.grant.failures + 1)
        return replyInOutage(result.grant, requirements)
      case 'current':
        return storedReply(result.grant, requirements) ?? replyInOutage(result.grant, requirements)
      case 'refreshed':
        return replyWith(result.grant, 0, undefined) ?? { state: 'unavailable' }
    }
  }

  return {
    token: async (athleteId, rejected) => {
      const grant = await store.read(db, athleteId)
      if (grant === undefined) return { state: 'unknown' }
      const requirements = { rejected, refreshBelowMs: REFRESH_BELOW_MS + Math.random() * REFRESH_JITTER_MS }
      const reply = storedReply(grant, requirements)
      if (reply !== undefined) return reply
      if (cooldown.isCooling(athleteId)) return replyInOutage(grant, requirements)
      return refreshOnce(`${athleteId} ${rejected ?? ''}`, () => refresh(athleteId, requirements))
    },
  }
}
