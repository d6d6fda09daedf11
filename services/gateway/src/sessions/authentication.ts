import { type HttpApp, Problem } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import { type Caller, checkScopes } from '../apps/scopes.ts'
import type { SessionGuard } from './session-guard.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by {@link authenticate}. */
    authentication: Caller | Problem | undefined
  }
}

/** Declares the property that {@link authenticate} sets, so that V8 gives all requests one shape. */
export function decorateWithAuthentication(app: HttpApp): void {
  app.decorateRequest('authentication', undefined)
}

/** The session of a request, if it has one. Requires the {@link authenticate} hook. */
export function sessionIfAny({ authentication }: FastifyRequest): Caller | undefined {
  return authentication instanceof Problem ? undefined : authentication
}

/** The session of a request. Requires the {@link requireSession} hook. */
export function sessionOf(request: FastifyRequest): Caller {
  const session = sessionIfAny(request)
  if (session === undefined) throw new Error('the route has no requireSession hook')
  return session
}

/** The athlete of the request's session. */
export const athleteOf = (request: FastifyRequest): StravaId => sessionOf(request).athleteId

/** Hook: verifies the session and forbids caching. It rejects no request. */
export const authenticate =
  (guard: SessionGuard): onRequestHookHandler =>
  (request, reply, done) => {
    reply.header('cache-control', 'private, no-store')
    const settle = (outcome: Caller | Problem) => {
      request.authentication = outcome
      done()
    }
    const fail = (error: unknown) => {
      if (error instanceof Problem) settle(error)
      else done(error instanceof Error ? error : new Error(String(error)))
    }
    let caller: Caller | Promise<Caller>
    try {
      caller = guard.sessionOf(request)
    } catch (error) {
      return fail(error)
    }
    if (caller instanceof Promise) void caller.then(settle, fail)
    else settle(caller)
  }

/** Hook: rejects requests without a session or a required scope. It runs after the rate limit, so that rejected requests count. */
export const requireSession: onRequestHookHandler = (request, _reply, done) => {
  const { authentication } = request
  if (authentication instanceof Problem) return done(authentication)
  // A session may do everything.
  if (authentication?.scopes === undefined) return done()
  try {
    checkScopes(authentication, request.routeOptions.config.scopes)
  } catch (error) {
    return done(error instanceof Error ? error : new Error(String(error)))
  }
  done()
}
