import rateLimit, { normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'

/** How many requests one address may make in a fixed window, counted in this process. */
export interface AddressLimit {
  readonly limit: number | ((request: FastifyRequest) => number)
  readonly windowMs: number
  /** Separates counts of one address; by default an address has one. */
  readonly kindOf?: (request: FastifyRequest) => string
  /** Shown in the problem's `detail`. */
  readonly detail?: string
}

/** Addresses counted at once; the one that was silent longest gives way. */
const MAX_ADDRESSES = 20_000

const NO_HEADERS = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }

/**
 * Limits the routes registered in this scope by the address that `trustProxy` lets through, before anything else of a
 * request is looked at. Beyond the limit: a 429 problem with `retry-after`. An IPv6 network of 64 bits is one address.
 */
export async function limitByAddress(scope: FastifyInstance, options: AddressLimit): Promise<void> {
  const { limit, windowMs, kindOf = () => '', detail = 'Too many requests from this address.' } = options
  await scope.register(rateLimit, {
    max: typeof limit === 'number' ? limit : (request) => limit(request),
    timeWindow: windowMs,
    cache: MAX_ADDRESSES,
    hook: 'onRequest',
    keyGenerator: (request) => `${kindOf(request)}${normalizeIP(request.ip)}`,
    addHeaders: NO_HEADERS,
    addHeadersOnExceeding: NO_HEADERS,
    errorResponseBuilder: (_request, { ttl }) => {
      const seconds = Math.max(1, Math.ceil(ttl / 1_000))
      return new Problem({
        status: 429,
        slug: 'too-many-requests',
        title: 'Too many requests',
        detail: `${detail} Try again in ${seconds} s.`,
        headers: { 'retry-after': String(seconds) },
      })
    },
  })
}
