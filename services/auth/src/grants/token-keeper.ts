import { createHash } from 'node:crypto'
import type { InternalReply } from '@ikigai/bus'
import type { StravaId } from '@ikigai/contracts'
import { createCooldown } from './cooldown.ts'
import type { StoredGrant } from './grant-store.ts'
import { type RefreshDeps, refreshGrant } from './refresh-grant.ts'
import { singleFlight } from './single-flight.ts'

type Reply = InternalReply<'grantToken'>

/** Hands out access tokens that are good for some minutes. */
export interface TokenKeeper {
  /** @param rejectedSha256 of an access token that Strava has refused: it is not handed out again */
  token(athleteId: StravaId, rejectedSha256?: string): Promise<Reply>
}

/** A token with less left is refreshed; up to a minute more at random, so that not all replicas ask at once. */
const REFRESH_BELOW_MS = 300_000
const REFRESH_JITTER_MS = 60_000
/** While Strava cannot refresh it, one with this much left still does. */
const USABLE_ABOVE_MS = 30_000

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
  const { db, store, clock, logger } = deps
  const cooldown = createCooldown(clock)
  const shared = singleFlight<Reply>()

  const isGood = ({ tokens }: StoredGrant, leftMs: number, rejected: string | undefined) =>
    tokens.expiresAt - clock.now() > leftMs && sha256(tokens.accessToken) !== rejected

  /** What can be said without Strava; undefined when it takes a refresh. */
  const storedReply = (grant: StoredGrant, { refreshBelowMs, rejected }: Wish): Reply | undefined => {
    if (grant.state !== 'active') return { state: 'needs_reauthorization' }
    return isGood(grant, refreshBelowMs, rejected) ? activeReply(grant) : undefined
  }

  const replyInOutage = (grant: StoredGrant, { rejected }: Wish): Reply =>
    isGood(grant, USABLE_ABOVE_MS, rejected) ? activeReply(grant) : { state: 'unavailable' }

  const refresh = async (athleteId: StravaId, wish: Wish): Promise<Reply> => {
    const result = await refreshGrant(deps, athleteId, {
      needed: (grant) => storedReply(grant, wish) === undefined,
      whenRefused: (tx) => store.markNeedsReauthorization(tx, athleteId),
    })
    switch (result.outcome) {
      case 'unknown':
        return { state: 'unknown' }
      case 'refused':
        logger.info('a grant was refused by Strava; its athlete has to sign in again')
        return { state: 'needs_reauthorization' }
      case 'unavailable':
        cooldown.start(athleteId, result.grant.failures + 1)
        return replyInOutage(result.grant, wish)
      case 'current':
        return storedReply(result.grant, wish) ?? replyInOutage(result.grant, wish)
      case 'refreshed':
        if (sha256(result.grant.tokens.accessToken) !== wish.rejected) return activeReply(result.grant)
        // Strava gives the same token again while it has an hour left (API docs), and yet it has refused it.
        cooldown.start(athleteId, 1)
        return { state: 'unavailable' }
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

function activeReply({ tokens, scopes }: StoredGrant): Reply {
  return {
    state: 'active',
    access_token: tokens.accessToken,
    expires_at: tokens.expiresAt,
    scopes: [...scopes],
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
