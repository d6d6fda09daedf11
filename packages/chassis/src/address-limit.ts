import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'
import { limitByKey } from './request-limit.ts'

/** Maximum requests of one address in a fixed window, counted in this process. */
export interface AddressLimit {
  readonly limit: number | ((request: FastifyRequest) => number)
  readonly windowMs: number
  /** Counts requests of an address separately by this kind; by default all together. */
  readonly kindOf?: (request: FastifyRequest) => string
  /** Shown in the problem's `detail`. */
  readonly detail?: string
}

/**
 * Limits the routes registered in this scope by client address (see `trustProxy`), before any other check of the
 * request. Beyond the limit: a 429 problem with `retry-after`.
 */
export function limitByAddress(scope: FastifyInstance, options: AddressLimit): void {
  const { limit, windowMs, kindOf = () => '', detail = 'Too many requests from this address.' } = options
  limitByKey(scope, {
    limit,
    windowMs,
    keyOf: (request) => `${kindOf(request)}${addressOf(request)}`,
    refusal: ({ resetSeconds }) =>
      new Problem({
        status: 429,
        slug: 'too-many-requests',
        title: 'Too many requests',
        detail: `${detail} Try again in ${resetSeconds} s.`,
        headers: { 'retry-after': String(resetSeconds) },
      }),
  })
}

/** The client address that a request is counted for; an IPv6 network of 64 bits is one address. */
export const addressOf = ({ ip }: FastifyRequest): string => normalizeIP(ip)
