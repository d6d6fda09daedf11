import rateLimit, { normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { tooManyRequests } from '../problems.ts'
import { sessionIfAny } from '../sessions/authentication.ts'

/** Athletes and addresses counted at a time; the least recently seen are evicted. */
const MAX_KEYS = 20_000

/**
 * Limits requests per athlete, over all sessions, and without a session per address. Each replica counts on its own, so n
 * replicas allow up to n times the limit.
 */
export async function limitRequests(scope: FastifyInstance, { perMinute }: { readonly perMinute: number }) {
  await scope.register(rateLimit, {
    max: perMinute,
    timeWindow: 60_000,
    cache: MAX_KEYS,
    enableDraftSpec: true,
    keyGenerator: keyOf,
    errorResponseBuilder: (_request, { ttl }) => tooManyRequests(ttl),
  })
}

/** `normalizeIP` counts an IPv6 network as one address. */
const keyOf = (request: FastifyRequest): string => sessionIfAny(request)?.athleteId ?? normalizeIP(request.ip)
