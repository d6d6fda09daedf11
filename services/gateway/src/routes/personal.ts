import type { StravaId } from '@ikigai/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SessionGuard } from '../sessions/session-guard.ts'

const athletes = new WeakMap<FastifyRequest, StravaId>()

/** Whose request it is. Only in a scope whose requests pass {@link personal} first. */
export function athleteOf(request: FastifyRequest): StravaId {
  const athleteId = athletes.get(request)
  if (athleteId === undefined) throw new Error('this route is outside the scope that asks for a session')
  return athleteId
}

/** A hook that lets nobody in without a session, and keeps what is answered out of every cache. */
export const personal =
  (guard: SessionGuard) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    reply.header('cache-control', 'private, no-store')
    const { athleteId } = await guard.sessionOf(request)
    athletes.set(request, athleteId)
  }
