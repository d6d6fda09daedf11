import { createHash } from 'node:crypto'
import { type Bus, INTERNAL_API, type InternalReply, RequestError, request } from '@ikigai/bus'
import type { Clock } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { readingRights } from '@ikigai/strava'
import { LRUCache } from 'lru-cache'

/** A token that Strava takes, or why there is none. */
export type TokenAnswer =
  | InternalReply<'grantToken'>
  /** Auth has not answered, or could not: our own outage. */
  | { readonly state: 'unanswered' }
  /** Strava has rejected the token, and said of the same one that it is good: it is used again at `until` (epoch ms). */
  | { readonly state: 'paused'; readonly until: number }

/** Access tokens of athletes, asked of auth and kept while they last. */
export interface AccessTokens {
  /** `scopes`: what the athlete allows by now. A token kept from other reading rights is not used. */
  get(athleteId: StravaId, scopes: readonly string[]): Promise<TokenAnswer>
  /** Strava accepted the athlete's token. */
  accepted(athleteId: StravaId): void
  /** Strava rejected this token: the next {@link get} brings another, a pause, or says why there is none. */
  rejected(athleteId: StravaId, token: string): void
  /** The grant may have changed: ask again. */
  forget(athleteId: StravaId): void
}

/** Auth refreshes what has less than about 5 minutes left; asking it no later than this costs nothing. */
const MARGIN_MS = 120_000
/** No token is believed in longer than this without asking auth: a grant may end meanwhile. */
const KEEP_MS = 60_000

const FIRST_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 60_000

/** How long a good token rests after Strava has rejected it so many times in a row: ms. */
export const pauseAfter = (rejections: number) =>
  Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(rejections - 1, 10))

/** A token that Strava has rejected. */
interface Rejection {
  readonly hash: string
  /** Rejections in a row, each after a pause. */
  readonly times: number
  /** End of the pause, once auth has said that Strava returns the same token: epoch ms. */
  readonly pausedUntil: number | undefined
}

type Active = Extract<TokenAnswer, { state: 'active' }>

/** Tokens are kept in this process alone, and never longer than a minute. */
export function createAccessTokens(bus: Bus, clock: Clock): AccessTokens {
  const kept = new LRUCache<StravaId, { answer: Active; until: number }>({ max: 10_000 })
  const rejections = new LRUCache<StravaId, Rejection>({ max: 10_000 })

  const keep = (athleteId: StravaId, answer: Active): Active => {
    kept.set(athleteId, { answer, until: Math.min(answer.expires_at - MARGIN_MS, clock.now() + KEEP_MS) })
    return answer
  }

  /** The answer for a token of which Strava has rejected an earlier use. */
  const afterRejection = async (athleteId: StravaId, rejection: Rejection): Promise<TokenAnswer> => {
    const { hash, times, pausedUntil } = rejection
    if (pausedUntil !== undefined && clock.now() < pausedUntil) return { state: 'paused', until: pausedUntil }
    const answer = await askAuth(bus, athleteId, hash)
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
      const answer = await askAuth(bus, athleteId, undefined)
      return answer.state === 'active' ? keep(athleteId, answer) : answer
    },
    accepted: (athleteId) => {
      rejections.delete(athleteId)
    },
    rejected: (athleteId, token) => {
      kept.delete(athleteId)
      const hash = sha256(token)
      const earlier = rejections.get(athleteId)
      const again = earlier?.hash === hash ? earlier : undefined
      // Calls that were under way when the pause began say nothing new.
      if (again !== undefined && (again.pausedUntil === undefined || clock.now() < again.pausedUntil)) return
      rejections.set(athleteId, { hash, times: (again?.times ?? 0) + 1, pausedUntil: undefined })
    },
    forget: (athleteId) => {
      kept.delete(athleteId)
    },
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

async function askAuth(
  bus: Bus,
  athleteId: StravaId,
  rejectedHash: string | undefined,
): Promise<InternalReply<'grantToken'> | { readonly state: 'unanswered' }> {
  const body =
    rejectedHash === undefined
      ? { athlete_id: athleteId }
      : { athlete_id: athleteId, rejected_token_sha256: rejectedHash }
  try {
    // Longer than a refresh may take.
    return await request(bus, INTERNAL_API.grantToken, body, 20_000)
  } catch (error) {
    if (error instanceof RequestError) return { state: 'unanswered' }
    throw error
  }
}
