import type { Problem } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import {
  type AccessTokenVerifier,
  comesFromOwnPages,
  createSessionVerifier,
  type PresentedToken,
  type Revocations,
  readSessionToken,
  type SessionCookie,
  TOKEN_PREFIX,
} from '@ikigai/sessions'
import type { FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { isPersonalToken, type PersonalTokenVerifier } from '../apps/personal-token-verifier.ts'
import type { Caller } from '../apps/scopes.ts'
import type { GatewayConfig } from '../config.ts'
import { crossOrigin, disconnected, notReady, signInNeeded } from '../problems.ts'
import type { RevocationFeed } from './revocation-feed.ts'

/** Verifies the session of a request, without a call to auth. */
export interface SessionGuard {
  /**
   * The caller of a request: a promise only if the token has to be looked up, or verified for the first time.
   *
   * @throws Problem 401 without a valid session (`disconnected` if its athlete is erased), 403 for a cross-site request with a cookie
   */
  sessionOf(request: FastifyRequest): Caller | Promise<Caller>
}

/** Dependencies of the guard. */
export interface SessionGuardOptions {
  readonly config: Pick<GatewayConfig, 'sessionKeys' | 'publicUrl'>
  readonly clock: { now(): number }
  readonly revocations: Revocations
  readonly feed: Pick<RevocationFeed, 'isLoaded'>
  readonly cookie: SessionCookie
  /** Tokens of apps. */
  readonly accessTokens: AccessTokenVerifier
  /** Tokens of scripts. */
  readonly personalTokens: PersonalTokenVerifier
  /** Whether an athlete has an account. */
  readonly hasAccount: (athleteId: StravaId) => Promise<boolean>
}

type MaybePromise<T> = T | Promise<T>

const NO_COOKIES = {}
/** Repeated requests of an ended session look the athlete up at most once in this time: ms. */
const ACCOUNT_TTL_MS = 5_000

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

export function createSessionGuard(options: SessionGuardOptions): SessionGuard {
  const { config, clock, revocations, feed, cookie, accessTokens, personalTokens, hasAccount } = options
  const verifier = createSessionVerifier({ keys: config.sessionKeys, clock, revocations })

  /** The prefix of a bearer token shows its kind. A cookie is always a session's. */
  const callerOf = ({ token, from }: PresentedToken): MaybePromise<Caller | undefined> => {
    if (from === 'bearer' && isPersonalToken(token)) return personalTokens.verify(token)
    if (from === 'bearer' && token.startsWith(TOKEN_PREFIX.access)) return accessTokens.verify(token)
    return verifier.verify(token)
  }

  /** Result of `hasAccount` by session id, because it may change between the ends of two sessions of an athlete. */
  const hadAccount = new LRUCache<string, boolean>({ max: 10_000, ttl: ACCOUNT_TTL_MS, noUpdateTTL: true })

  /** Why a token is rejected: its athlete is erased, or it has ended or is not ours. */
  const refusalOf = async ({ token, from }: PresentedToken): Promise<Problem> => {
    const ofApp = from === 'bearer' && token.startsWith(TOKEN_PREFIX.access)
    const session = await (ofApp ? accessTokens : verifier).identify(token)
    if (session === undefined) return signInNeeded()
    const { athleteId, sid } = session
    const isKnown = hadAccount.get(sid) ?? (await hasAccount(athleteId))
    hadAccount.set(sid, isKnown)
    return isKnown ? signInNeeded() : disconnected()
  }

  const refuse = async (presented: PresentedToken): Promise<never> => {
    throw await refusalOf(presented)
  }

  /** Whether the token counts: a cookie does not in a cross-site request that may change something. */
  const isAcceptable = ({ from }: PresentedToken, { method, headers }: FastifyRequest) =>
    from === 'bearer' || SAFE_METHODS.includes(method) || comesFromOwnPages(headers, config.publicUrl)

  return {
    sessionOf(request) {
      const { headers, server } = request
      const presented = readSessionToken({
        cookieName: cookie.name,
        cookies: headers.cookie === undefined ? NO_COOKIES : server.parseCookie(headers.cookie),
        authorization: headers.authorization,
      })
      if (presented === undefined) throw signInNeeded()
      if (!isAcceptable(presented, request)) throw crossOrigin()
      if (!feed.isLoaded()) throw notReady()
      const caller = callerOf(presented)
      const orRefuse = (found: Caller | undefined): MaybePromise<Caller> => found ?? refuse(presented)
      return caller instanceof Promise ? caller.then(orRefuse) : orRefuse(caller)
    },
  }
}
