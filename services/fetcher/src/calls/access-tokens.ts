import { createHash } from 'node:crypto'
import { type Bus, INTERNAL_API, type InternalReply, RequestError, request } from '@ikigai/bus'
import type { Clock } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { readingRights } from '@ikigai/strava'
import { LRUCache } from 'lru-cache'

/** A valid access token, or the reason why there is none. */
export type TokenAnswer =
  | InternalReply<'grantToken'>
  /** The service auth did not answer, or reported an error. */
  | { readonly state: 'unanswered' }
  /** Strava rejected the token, but returned the same one when it was refreshed: it is used again at `until` (epoch ms). */
  | { readonly state: 'paused'; readonly until: number }

/** Access tokens of athletes, requested from auth and cached. */
export interface AccessTokens {
  /** @param scopes the athlete's scopes as stored now; a cached token with other reading scopes is not used */
  get(athleteId: StravaId, scopes: readonly string[]): Promise<TokenAnswer>
  /** Records that Strava accepted the athlete's token. */
  accepted(athleteId: StravaId): void
  /** Records that Strava rejected this token: the next {@link get} returns another one, a pause, or why there is none. */
  rejected(athleteId: StravaId, token: string): void
  /** Drops the cached token, because the grant may have changed. */
  forget(athleteId: StravaId): void
}

/** A cached token is not used for this long before it expires: ms. Auth refreshes tokens about 5 minutes before that. */
const EXPIRY_MARGIN_MS = 120_000
/** Maximum time in the cache (ms): a grant may end at any time. */
const CACHE_TTL_MS = 60_000

const FIRST_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 60_000

/** Pause of a valid token after a number of rejections in a row: ms. */
export const pauseAfter = (rejections: number) =>
  Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(rejections - 1, 10))

/** Rejections of a token by Strava. */
interface Rejection {
  readonly hash: string
  /** Number of rejections in a row, each after a pause. */
  readonly times: number
  /** End of the pause, set once auth reports that a refresh returns the same token: epoch ms. */
  readonly pausedUntil: number | undefined
}

type Active = Extract<TokenAnswer, { state: 'active' }>

/** Creates the cache. Tokens stay in this process, for up to {@link CACHE_TTL_MS}. */
export function createAccessTokens(bus: Bus, clock: Clock): AccessTokens {
  const kept = new LRUCache<StravaId, { answer: Active; until: number }>({ max: 10_000 })
  const rejections = new LRUCache<StravaId, Rejection>({ max: 10_000 })

  const keep = (athleteId: StravaId, answer: Active): Active => {
    kept.set(athleteId, {
      answer,
      until: Math.min(answer.expires_at - EXPIRY_MARGIN_MS, clock.now() + CACHE_TTL_MS),
    })
    return answer
  }

  /** The answer for an athlete whose token was rejected. */
  const afterRejection = async (athleteId: StravaId, rejection: Rejection): Promise<TokenAnswer> => {
    const { hash, times, pausedUntil } = rejection
    if (pausedUntil !== undefined && clock.now() < pausedUntil) return { state: 'paused', until: pausedUntil }
    const answer = await requestToken(bus, athleteId, hash)
    if (answer.state !== 'active') return answer
    if (sha256(answer.access_token) !== hash) {
      rejections.delete(athleteId)
      return keep(athleteId, answer)
    }
    if (pausedUntil !== undefined) return keep(athleteId, answer)
    const until = clock.now() + pauseAfter(times)
    rejections.set(athleteId, { ...rejection, pausedUntil: until })
    return { state: 'paused', until }
  }

  return {
    get: async (athleteId, scopes) => {
      const known = kept.get(athleteId)
      const isCurrent = known !== undefined && known.until > clock.now()
      if (isCurrent && readingRights(known.answer.scopes) === readingRights(scopes)) return known.answer
      const rejection = rejections.get(athleteId)
      if (rejection !== undefined) return afterRejection(athleteId, rejection)
      const answer = await requestToken(bus, athleteId, undefined)
      return answer.state === 'active' ? keep(athleteId, answer) : answer
    },
    accepted: (athleteId) => {
      rejections.delete(athleteId)
    },
    rejected: (athleteId, token) => {
      kept.delete(athleteId)
      const hash = sha256(token)
      const earlier = rejections.get(athleteId)
      const same = earlier?.hash === hash ? earlier : undefined
      // Calls that were in flight when the pause began are no further rejections.
      if (same !== undefined && (same.pausedUntil === undefined || clock.now() < same.pausedUntil)) return
      rejections.set(athleteId, { hash, times: (same?.times ?? 0) + 1, pausedUntil: undefined })
    },
    forget: (athleteId) => {
      kept.delete(athleteId)
    },
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

async function requestToken(
  bus: Bus,
  athleteId: StravaId,
  rejectedHash: string | undefined,
): Promise<InternalReply<'grantToken'> | { readonly state: 'unanswered' }> {
  const body =
    rejectedHash === undefined
      ? { athlete_id: athleteId }
      : { athlete_id: athleteId, rejected_token_sha256: rejectedHash }
  try {
    // The time-out is longer than a refresh may take.
    return await request(bus, INTERNAL_API.grantToken, body, 20_000)
  } catch (error) {
    if (error instanceof RequestError) return { state: 'unanswered' }
    throw error
  }
}
