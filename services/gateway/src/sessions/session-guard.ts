import {
  comesFromOwnPages,
  createSessionVerifier,
  type PresentedToken,
  type Revocations,
  readSessionToken,
  type Session,
  type SessionCookie,
} from '@ikigai/sessions'
import type { FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../config.ts'
import { crossOrigin, notReady, signInNeeded } from '../problems.ts'
import type { RevocationFeed } from './revocation-feed.ts'

/** Verifies the session of a request, without a call to auth. */
export interface SessionGuard {
  /** @throws Problem 401 without a valid session, 403 for a cross-site request with a cookie */
  sessionOf(request: FastifyRequest): Promise<Session>
}

/** Dependencies of the guard. */
export interface SessionGuardOptions {
  readonly config: Pick<GatewayConfig, 'sessionKeys' | 'publicUrl'>
  readonly clock: { now(): number }
  readonly revocations: Revocations
  readonly feed: Pick<RevocationFeed, 'isLoaded'>
  readonly cookie: SessionCookie
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

export function createSessionGuard(options: SessionGuardOptions): SessionGuard {
  const { config, clock, revocations, feed, cookie } = options
  const verifier = createSessionVerifier({ keys: config.sessionKeys, clock, revocations })

  const mayRelyOn = ({ from }: PresentedToken, { method, headers }: FastifyRequest) =>
    from === 'bearer' || SAFE_METHODS.includes(method) || comesFromOwnPages(headers, config.publicUrl)

  return {
    async sessionOf(request) {
      const { cookies, headers } = request
      const presented = readSessionToken({
        cookieName: cookie.name,
        cookies,
        authorization: headers.authorization,
      })
      if (presented === undefined) throw signInNeeded()
      if (!mayRelyOn(presented, request)) throw crossOrigin()
      if (!feed.isLoaded()) throw notReady()
      const session = await verifier.verify(presented.token)
      if (session === undefined) throw signInNeeded()
      return session
    },
  }
}
