import type { FastifyInstance, onSendHookHandler } from 'fastify'
import { entityTagOf } from '../entity-tag.ts'

/**
 * Adds a weak `ETag` to every 200 of the routes registered in this scope afterwards that are `conditional` and have none, and
 * answers 304 if `If-None-Match` contains it. Unlike `@fastify/etag` it skips errors and accepts a list of tags.
 */
export function answerConditionally(scope: FastifyInstance): void {
  scope.addHook('onRoute', (route) => {
    // Before the hook that compresses.
    if (route.config?.conditional === true) route.onSend = [addEntityTag, ...[route.onSend ?? []].flat()]
  })
}

const addEntityTag: onSendHookHandler = ({ headers }, reply, payload, done) => {
  if (reply.statusCode !== 200 || typeof payload !== 'string') return done(null, payload)
  const made = reply.getHeader('etag')
  const tag = typeof made === 'string' ? made : entityTagOf(payload)
  if (made === undefined) reply.header('etag', tag)
  if (!isKnown(headers['if-none-match'], tag)) return done(null, payload)
  reply.code(304).removeHeader('content-length').removeHeader('content-type')
  return done(null, '')
}

/** Weak comparison (RFC 9110, "If-None-Match"). */
function isKnown(known: string | undefined, tag: string): boolean {
  if (known === undefined) return false
  return known.trim() === '*' || known.split(',').some((one) => opaqueOf(one) === opaqueOf(tag))
}

const opaqueOf = (tag: string) => tag.trim().replace(/^W\//, '')
