import { createHash } from 'node:crypto'
import { ask, type Bus, INTERNAL_API, type InternalReply, RequestError } from '@ikigai/bus'
import type { Clock } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { readingRights } from '@ikigai/strava'
import { LRUCache } from 'lru-cache'

/** A token that Strava takes, or why there is none. */
export type TokenAnswer = InternalReply<'grantToken'>

/** Access tokens of athletes, asked of auth and kept while they last. */
export interface AccessTokens {
  /** `scopes`: what the athlete allows by now. A token kept from other reading rights is not used. */
  get(athleteId: StravaId, scopes: readonly string[]): Promise<TokenAnswer>
  /** Strava refused this token: the next {@link get} brings another, or says why there is none. */
  refused(athleteId: StravaId, token: string): void
  /** The grant may have changed: ask again. */
  forget(athleteId: StravaId): void
}

/** Auth refreshes what has less than about 5 minutes left; asking it no later than this costs nothing. */
const MARGIN_MS = 120_000
/** No token is believed in longer than this without asking auth: a grant may end meanwhile. */
const KEEP_MS = 60_000

/**
 * For so long a token that Strava has refused is not taken again. Not for ever: if Strava hands out the same one anew, it
 * has refused it by mistake.
 */
const REJECTED_FOR_MS = 600_000

type Active = Extract<TokenAnswer, { state: 'active' }>

/** Tokens are kept in this process alone, and never longer than a minute. */
export function createAccessTokens(bus: Bus, clock: Clock): AccessTokens {
  const kept = new LRUCache<StravaId, { answer: Active; until: number }>({ max: 10_000 })
  const rejected = new LRUCache<StravaId, { hash: string; until: number }>({ max: 10_000 })
  return {
    get: async (athleteId, scopes) => {
      const known = kept.get(athleteId)
      const isCurrent = known !== undefined && known.until > clock.now()
      if (isCurrent && readingRights(known.answer.scopes) === readingRights(scopes)) return known.answer
      const refusal = rejected.get(athleteId)
      const isFresh = refusal !== undefined && refusal.until > clock.now()
      const answer = await askAuth(bus, athleteId, isFresh ? refusal.hash : undefined)
      if (answer.state === 'active') {
        rejected.delete(athleteId)
        kept.set(athleteId, { answer, until: Math.min(answer.expires_at - MARGIN_MS, clock.now() + KEEP_MS) })
      }
      return answer
    },
    refused: (athleteId, token) => {
      kept.delete(athleteId)
      const hash = createHash('sha256').update(token).digest('hex')
      rejected.set(athleteId, { hash, until: clock.now() + REJECTED_FOR_MS })
    },
    forget: (athleteId) => {
      kept.delete(athleteId)
    },
  }
}

async function askAuth(bus: Bus, athleteId: StravaId, hash: string | undefined): Promise<TokenAnswer> {
  const request =
    hash === undefined ? { athlete_id: athleteId } : { athlete_id: athleteId, rejected_token_sha256: hash }
  try {
    // Longer than a refresh may take.
    return await ask(bus, INTERNAL_API.grantToken, request, 20_000)
  } catch (error) {
    if (error instanceof RequestError) return { state: 'unavailable' }
    throw error
  }
}
