import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

const DAY_SECONDS = 86_400

/**
 * Lets pages of the given origins use the API from a browser with a bearer token. Credentials are never allowed, so the
 * session cookie does not work across origins.
 */
export async function allowOrigins(scope: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return
  await scope.register(cors, {
    origin: [...origins],
    credentials: false,
    methods: ['GET', 'HEAD', 'DELETE'],
    allowedHeaders: ['authorization', 'if-none-match', 'last-event-id'],
    exposedHeaders: [
      'content-disposition',
      'etag',
      'ratelimit-limit',
      'ratelimit-remaining',
      'ratelimit-reset',
      'retry-after',
      'x-request-id',
    ],
    maxAge: DAY_SECONDS,
    strictPreflight: false,
    hideOptionsRoute: true,
  })
}
