import type { FastifyInstance } from 'fastify'
import type { AppOrigins } from './app-origins.ts'

const DAY_SECONDS = 86_400

const ALLOWED_HEADERS = ['authorization', 'content-type', 'if-none-match', 'last-event-id'].join(', ')
const EXPOSED_HEADERS = [
  'content-disposition',
  'etag',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'retry-after',
  'www-authenticate',
  'x-request-id',
].join(', ')

/**
 * Allows pages of registered apps to use the routes of this scope from a browser (Fetch, "CORS protocol"). They authenticate by
 * bearer token, so no answer allows credentials (cookies). A request without `Origin`, the usual one, gets one header only.
 */
export function allowAppOrigins(
  scope: FastifyInstance,
  { origins, methods }: { readonly origins: AppOrigins; readonly methods: readonly string[] },
): void {
  const preflight = {
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': ALLOWED_HEADERS,
    'access-control-max-age': String(DAY_SECONDS),
    'content-length': '0',
  }
  scope.addHook('onRequest', (request, reply, done) => {
    reply.header('vary', 'Origin')
    const { origin } = request.headers
    if (origin === undefined) return done()
    const settle = (isAllowed: boolean) => {
      if (!isAllowed) return done()
      reply.header('access-control-allow-origin', origin)
      reply.header('access-control-expose-headers', EXPOSED_HEADERS)
      if (request.method !== 'OPTIONS') return done()
      void reply.code(204).headers(preflight).send()
    }
    origins.isAllowed(origin).then(settle, done)
  })
  // Hooks run only for existing routes: without this one, preflights would not reach the hook that answers them.
  scope.options('*', { schema: { hide: true } }, (_request, reply) => reply.callNotFound())
}
