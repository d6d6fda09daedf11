import type { IncomingHttpHeaders } from 'node:http'
import httpProxy from '@fastify/http-proxy'
import { answerError, Problem, sendPage, wantsHtml } from '@ikigai/chassis'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../config.ts'
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

/** Where people are told that auth does not answer: an address without the code and the state of a callback. */
const UNAVAILABLE_PATH = '/sign-in-unavailable'

/**
 * Marks a sign-in that has been led to PUBLIC_URL. A proxy that hides the host under which it is asked would otherwise have
 * the browser led there for ever.
 */
const LED_MARK = 'at=public'

/** Hands `/auth/*` on to the auth service, which a browser must be able to reach. */
export const authProxy =
  ({ authUrl, publicUrl }: Pick<GatewayConfig, 'authUrl' | 'publicUrl'>): FastifyPluginAsync =>
  async (scope) => {
    scope.addHook('onRequest', async (request, reply) => {
      refuseLongBody(request)
      const target = publicLoginOf(request, publicUrl)
      if (target !== undefined) return reply.header('cache-control', 'no-store').redirect(target, 302)
    })
    scope.get(UNAVAILABLE_PATH, async (_request, reply) => sendFailure(reply, authUnavailable()))
    scope.setErrorHandler(answerFailure)
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

/**
 * Where a sign-in has to begin that was begun under another host name: Strava leads back to PUBLIC_URL, and the cookie that
 * binds the sign-in to the browser belongs to the host that set it. Undefined where it may begin here.
 */
function publicLoginOf({ method, url, host }: FastifyRequest, publicUrl: string): string | undefined {
  const [path, query = ''] = url.split('?')
  if (path !== '/auth/login' || (method !== 'GET' && method !== 'HEAD')) return undefined
  const { protocol, host: publicHost } = new URL(publicUrl)
  const asked = URL.canParse(`${protocol}//${host}`) ? new URL(`${protocol}//${host}`).host : ''
  if (asked === publicHost || query.split('&').includes(LED_MARK)) return undefined
  return `${publicUrl}${path}?${[query, LED_MARK].filter(Boolean).join('&')}`
}

/** What goes wrong on the way to auth, as a page to people. */
function answerFailure(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!wantsHtml(request)) return answerError(error, request, reply)
  if (request.url.startsWith('/auth/callback'))
    return reply.header('cache-control', 'no-store').redirect(UNAVAILABLE_PATH, 303)
  return sendFailure(reply, error instanceof Problem ? error : authUnavailable())
}

function sendFailure(reply: FastifyReply, { details, headers }: Problem): FastifyReply {
  const { title, detail, status } = details
  return sendPage(reply.headers(headers), status, {
    title,
    text: [detail],
    links: [{ label: 'Try again', href: '/auth/login' }],
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
