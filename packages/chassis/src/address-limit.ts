import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'
import { limitByKey } from './request-limit.ts'

/** How many requests one address may make in a fixed window, counted in this process. */
export interface AddressLimit {
  readonly limit: number | ((request: FastifyRequest) => number)
  readonly windowMs: number
  /** Separates counts of one address; by default an address has one. */
  readonly kindOf?: (request: FastifyRequest) => string
  /** Shown in the problem's `detail`. */
  readonly detail?: string
}

/**
 * Limits the routes registered in this scope by the address that `trustProxy` lets through, before anything else of a
 * request is looked at. Beyond the limit: a 429 problem with `retry-after`.
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

/** Whom a request is counted for; an IPv6 network of 64 bits is one address. */
export const addressOf = ({ ip }: FastifyRequest): string => normalizeIP(ip)
