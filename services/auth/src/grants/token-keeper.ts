import { createHash } from 'node:crypto'
import type { InternalReply } from '@ikigai/bus'
import { singleFlight } from '@ikigai/chassis/async'
import type { StravaId } from '@ikigai/contracts'
import { createCooldown } from './cooldown.ts'
import type { StoredGrant } from './grant-store.ts'
import { type RefreshDeps, refreshGrant } from './refresh-grant.ts'

type Reply = InternalReply<'grantToken'>

/** Hands out access tokens that are good for some minutes. */
export interface TokenKeeper {
  /**
   * @param rejectedSha256 of an access token that Strava has rejected: it is handed out again only if a refresh returns
   * the very same one, by which Strava says that it is good
   */
  token(athleteId: StravaId, rejectedSha256?: string): Promise<Reply>
}

/** A token with less left is refreshed; up to a minute more at random, so that not all replicas ask at once. */
const REFRESH_BELOW_MS = 300_000
const REFRESH_JITTER_MS = 60_000
/** While Strava cannot refresh it, one with this much left still does. */
const USABLE_ABOVE_MS = 30_000

/** A token that a refresh has returned although Strava had rejected it is not refreshed for that again before this. */
const CONFIRMATION_TTL_MS = 600_000

/** What is asked of a token. */
interface Wish {
  readonly refreshBelowMs: number
  readonly rejected: string | undefined
}

/**
 * Answers from the store while the token there is good, and refreshes it when it runs out: whoever asks for the same
 * athlete meanwhile waits for the refresh under way, in this process by sharing it, elsewhere by the athlete's lock.
 */
export function createTokenKeeper(deps: RefreshDeps): TokenKeeper {
  const { db, store, clock } = deps
  const cooldown = createCooldown(clock)
  const shared = singleFlight<Reply>()

  const isConfirmed = ({ confirmedAt }: StoredGrant) =>
    confirmedAt !== null && Math.abs(clock.now() - confirmedAt) < CONFIRMATION_TTL_MS

  /** The reply with the stored token, if that has so much left and may be used. */
  const replyWith = (grant: StoredGrant, leftMs: number, rejected: string | undefined): Reply | undefined => {
    const { tokens, scopes } = grant
    if (tokens === undefined || tokens.expiresAt - clock.now() <= leftMs) return undefined
    if (sha256(tokens.accessToken) === rejected && !isConfirmed(grant)) return undefined
    return {
      state: 'active',
      access_token: tokens.accessToken,
      expires_at: tokens.expiresAt,
      scopes: [...scopes],
    }
  }

  /** What can be said without Strava; undefined when it takes a refresh. */
  const storedReply = (grant: StoredGrant, { refreshBelowMs, rejected }: Wish): Reply | undefined =>
    grant.state === 'active' ? replyWith(grant, refreshBelowMs, rejected) : { state: 'needs_reauthorization' }

  const replyInOutage = (grant: StoredGrant, { rejected }: Wish): Reply =>
    replyWith(grant, USABLE_ABOVE_MS, rejected) ?? { state: 'unavailable' }

  const refresh = async (athleteId: StravaId, wish: Wish): Promise<Reply> => {
    const result = await refreshGrant(deps, athleteId, {
      needed: (grant) => storedReply(grant, wish) === undefined,
      isRejected: (accessToken) => sha256(accessToken) === wish.rejected,
    })
    switch (result.outcome) {
      case 'unknown':
        return { state: 'unknown' }
      case 'refused':
      case 'unreadable':
        return { state: 'needs_reauthorization' }
      case 'unavailable':
        cooldown.start(athleteId, result.grant.failures + 1)
        return replyInOutage(result.grant, wish)
      case 'current':
        return storedReply(result.grant, wish) ?? replyInOutage(result.grant, wish)
      case 'refreshed':
        return replyWith(result.grant, 0, undefined) ?? { state: 'unavailable' }
    }
  }

  return {
    token: async (athleteId, rejected) => {
      const grant = await store.read(db, athleteId)
      if (grant === undefined) return { state: 'unknown' }
      const wish = { rejected, refreshBelowMs: REFRESH_BELOW_MS + Math.random() * REFRESH_JITTER_MS }
      const reply = storedReply(grant, wish)
      if (reply !== undefined) return reply
      if (cooldown.isCooling(athleteId)) return replyInOutage(grant, wish)
      return shared(`${athleteId} ${rejected ?? ''}`, () => refresh(athleteId, wish))
    },
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
