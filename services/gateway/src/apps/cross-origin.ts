import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import type { AppOrigins } from './app-origins.ts'

const DAY_SECONDS = 86_400

/**
 * Lets the pages of registered apps use what is in this scope from a browser. They send a bearer token; the cookie is
 * never theirs, so no answer allows credentials.
 */
export async function allowAppOrigins(
  scope: FastifyInstance,
  { origins, methods }: { readonly origins: AppOrigins; readonly methods: readonly string[] },
): Promise<void> {
  await scope.register(cors, {
    origin: (origin, decide) => {
      if (origin === undefined) decide(null, false)
      else void origins.isAllowed(origin).then((isAllowed) => decide(null, isAllowed))
    },
    credentials: false,
    methods: [...methods],
    allowedHeaders: ['authorization', 'content-type', 'if-none-match', 'last-event-id'],
    exposedHeaders: [
      'content-disposition',
      'etag',
      'ratelimit-limit',
      'ratelimit-remaining',
      'ratelimit-reset',
      'retry-after',
      'www-authenticate',
      'x-request-id',
    ],
    maxAge: DAY_SECONDS,
    strictPreflight: false,
    hideOptionsRoute: true,
  })
}
