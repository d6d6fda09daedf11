import rateLimit, { normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { visitorOf } from './personal.ts'
import { tooManyRequests } from './problems.ts'

/** Athletes and addresses that are counted at once; the ones seen longest ago are forgotten first. */
const REMEMBERED = 20_000

/**
 * Limits the requests of each athlete, over all his sessions, and those without a session by address. Each process
 * counts by itself: with several, an athlete has at most as many times the limit.
 */
export async function limitRequests(scope: FastifyInstance, { perMinute }: { readonly perMinute: number }) {
  await scope.register(rateLimit, {
    max: perMinute,
    timeWindow: 60_000,
    cache: REMEMBERED,
    enableDraftSpec: true,
    keyGenerator: keyOf,
    errorResponseBuilder: (_request, { ttl }) => tooManyRequests(ttl),
  })
}

/** An IPv6 client has a whole network of addresses: they count as one. */
const keyOf = (request: FastifyRequest): string => visitorOf(request)?.athleteId ?? normalizeIP(request.ip)
