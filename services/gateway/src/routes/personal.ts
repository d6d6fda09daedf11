import { Problem } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Caller, checkScopes } from '../apps/scopes.ts'
import type { SessionGuard } from '../sessions/session-guard.ts'

const visitors = new WeakMap<FastifyRequest, Caller | Problem>()

/** Whose request it is, if anybody's. Only in a scope whose requests pass {@link identify} first. */
export function visitorOf(request: FastifyRequest): Caller | undefined {
  const visitor = visitors.get(request)
  return visitor instanceof Problem ? undefined : visitor
}

/** The session of a request. Only in a scope whose requests pass {@link requireSession} first. */
export function sessionOf(request: FastifyRequest): Caller {
  const session = visitorOf(request)
  if (session === undefined) throw new Error('this route is outside the scope that asks for a session')
  return session
}

/** The athlete whose session it is. */
export const athleteOf = (request: FastifyRequest): StravaId => sessionOf(request).athleteId

/** A hook that finds out whose request it is, and keeps what is answered out of every cache. It refuses nobody. */
export const identify =
  (guard: SessionGuard) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    reply.header('cache-control', 'private, no-store')
    visitors.set(request, await guard.sessionOf(request).catch(onlyProblem))
  }

/** A later hook that lets nobody in without a session or a scope that is needed: in between, those are counted as well. */
export const requireSession = async (request: FastifyRequest): Promise<void> => {
  const visitor = visitors.get(request)
  if (visitor instanceof Problem) throw visitor
  if (visitor !== undefined) checkScopes(visitor, request.routeOptions.config.scopes)
}

function onlyProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  throw error
}
