import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'

/**
 * Adds a weak `ETag` to every 200 of this scope and answers 304 if `If-None-Match` contains it. Unlike `@fastify/etag` it
 * skips errors and accepts a list of tags.
 */
export function answerConditionally(scope: FastifyInstance): void {
  scope.addHook('onSend', async ({ headers, routeOptions }, reply, payload) => {
    if (routeOptions.config.conditional !== true || reply.statusCode !== 200 || typeof payload !== 'string')
      return payload
    const tag = createHash('sha1').update(payload).digest('base64url')
    reply.header('etag', `W/"${tag}"`)
    if (!isKnown(headers['if-none-match'], tag)) return payload
    reply.code(304).removeHeader('content-length').removeHeader('content-type')
    return ''
  })
}

/** Weak comparison (RFC 9110, "If-None-Match"). */
function isKnown(known: string | undefined, tag: string): boolean {
  if (known === undefined) return false
  return known.trim() === '*' || known.split(',').some((one) => one.trim().replace(/^W\//, '') === `"${tag}"`)
}
