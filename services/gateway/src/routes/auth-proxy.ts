import type { IncomingHttpHeaders } from 'node:http'
import httpProxy from '@fastify/http-proxy'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { authUnavailable, bodyTooLong } from './problems.ts'

/** Sign-in pages take short forms at most. */
const BODY_LIMIT_BYTES = 16_384
/** The callback waits for calls of Strava. */
const TIMEOUT_MS = 25_000

/** Of this connection alone (RFC 9110, "Connection"). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]
/** Said by the gateway itself or by nobody: auth believes them. */
const SPOOFABLE = /^(forwarded|via|x-forwarded-.*|x-real-ip|x-request-id|x-original-.*|x-rewrite-url)$/

/** Hands `/auth/*` on to the auth service, which a browser must be able to reach. */
export const authProxy =
  (authUrl: string): FastifyPluginAsync =>
  async (scope) => {
    scope.addHook('onRequest', async (request) => refuseLongBody(request))
    await scope.register(httpProxy, {
      upstream: authUrl,
      prefix: '/auth',
      rewritePrefix: '/auth',
      httpMethods: ['GET', 'HEAD', 'POST'],
      // Nothing is sent twice: a callback's code is good for one use.
      retryMethods: [],
      disableRequestLogging: true,
      destroyAgent: true,
      undici: {
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
        connect: { timeout: 2_000, rejectUnauthorized: true },
      },
      replyOptions: {
        rewriteRequestHeaders: (request, headers) => forwardedHeaders(request.ip, request.id, headers),
        rewriteHeaders: (headers) => without(headers, (name) => HOP_BY_HOP.includes(name)),
        onError: (reply, { error }) => {
          reply.request.log.warn({ err: error }, 'auth did not answer')
          reply.send(authUnavailable())
        },
      },
    })
  }

/** The request's headers as auth may believe them. */
function forwardedHeaders(ip: string, id: string, headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return {
    ...without(headers, (name) => HOP_BY_HOP.includes(name) || SPOOFABLE.test(name)),
    'x-forwarded-for': ip,
    'x-request-id': id,
  }
}

function without<T extends IncomingHttpHeaders>(headers: T, isDropped: (name: string) => boolean) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isDropped(name)))
}

/** Bodies are streamed on, so their length must be known beforehand. */
function refuseLongBody({ headers }: FastifyRequest): void {
  const isTooLong = Number(headers['content-length'] ?? 0) > BODY_LIMIT_BYTES
  if (isTooLong || headers['transfer-encoding'] !== undefined) throw bodyTooLong()
}
