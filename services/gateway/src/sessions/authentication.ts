import { Problem } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Caller, checkScopes } from '../apps/scopes.ts'
import type { SessionGuard } from './session-guard.ts'

const authentications = new WeakMap<FastifyRequest, Caller | Problem>()

/** The session of a request, if it has one. Requires the {@link authenticate} hook. */
export function sessionIfAny(request: FastifyRequest): Caller | undefined {
  const outcome = authentications.get(request)
  return outcome instanceof Problem ? undefined : outcome
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
  (guard: SessionGuard) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    reply.header('cache-control', 'private, no-store')
    authentications.set(request, await guard.sessionOf(request).catch(onlyProblem))
  }

/** Hook: rejects requests without a session or without a needed scope. It runs after the rate limit, so that these count as well. */
export const requireSession = async (request: FastifyRequest): Promise<void> => {
  const outcome = authentications.get(request)
  if (outcome instanceof Problem) throw outcome
  if (outcome !== undefined) checkScopes(outcome, request.routeOptions.config.scopes)
}

function onlyProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  throw error
}
