import { addressOf, type LimitState, limitByKey } from '@ikigai/chassis'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { tooManyRequests } from '../problems.ts'
import { sessionIfAny } from '../sessions/authentication.ts'

/**
 * Limits requests per athlete, over all sessions, and without a session per address. Each replica counts on its own, so n
 * replicas allow up to n times the limit.
 */
export function limitRequests(scope: FastifyInstance, { perMinute }: { readonly perMinute: number }): void {
  limitByKey(scope, {
    limit: perMinute,
    windowMs: 60_000,
    keyOf,
    onAccepted: addLimitHeaders,
    refusal: (state, reply) => {
      addLimitHeaders(state, reply).header('retry-after', state.resetSeconds)
      return tooManyRequests(state.resetSeconds)
    },
  })
}

const keyOf = (request: FastifyRequest): string => sessionIfAny(request)?.athleteId ?? addressOf(request)

const addLimitHeaders = ({ limit, remaining, resetSeconds }: LimitState, reply: FastifyReply): FastifyReply =>
  reply
    .header('ratelimit-limit', limit)
    .header('ratelimit-remaining', remaining)
    .header('ratelimit-reset', resetSeconds)
