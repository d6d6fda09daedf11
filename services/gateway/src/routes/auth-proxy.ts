import type { IncomingHttpHeaders } from 'node:http'
import httpProxy, { type FastifyHttpProxyOptions } from '@fastify/http-proxy'
import { answerError, Problem, sendPage, wantsHtml } from '@ikigai/chassis'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { AppOrigins } from '../apps/app-origins.ts'
import { allowAppOrigins } from '../apps/cross-origin.ts'
import type { GatewayConfig } from '../config.ts'
import { authUnavailable, bodyTooLong } from '../problems.ts'

const BODY_LIMIT_BYTES = 16_384
/** Long, because the callback waits for calls to Strava: ms. */
const TIMEOUT_MS = 25_000

/** Hop-by-hop headers (RFC 9110, "Connection"), and `Expect`, which Node has answered before a request is forwarded. */
const HOP_BY_HOP = [
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]
/** Request headers that are removed, because auth trusts them. */
const SPOOFABLE = /^(forwarded|via|x-forwarded-.*|x-real-ip|x-request-id|x-original-.*|x-rewrite-url)$/

/** Metadata of the authorization server (RFC 8414, 3). */
const METADATA_PATH = '/.well-known/oauth-authorization-server'

/** Error page for a failed callback; its address contains neither the code nor the state. */
const UNAVAILABLE_PATH = '/sign-in-unavailable'

/**
 * Marks a sign-in that was redirected to PUBLIC_URL. Behind a proxy that rewrites Host the redirect would otherwise loop.
 */
const REDIRECTED_MARK = 'at=public'

/** Proxies `/auth/*` to the auth service. */
export const authProxy =
  (
    { authUrl, publicUrl }: Pick<GatewayConfig, 'authUrl' | 'publicUrl'>,
    origins: AppOrigins,
  ): FastifyPluginAsync =>
  async (scope) => {
    scope.addHook('onRequest', async (request, reply) => {
      rejectLongBody(request)
      const target = publicLoginOf(request, publicUrl)
      if (target !== undefined) return reply.header('cache-control', 'no-store').redirect(target, 302)
    })
    scope.get(UNAVAILABLE_PATH, async (_request, reply) => sendFailure(reply, authUnavailable()))
    scope.setErrorHandler(answerFailure)
    const options: Omit<FastifyHttpProxyOptions, 'prefix'> = {
      upstream: authUrl,
      httpMethods: ['GET', 'HEAD', 'POST'],
      // A callback's code can be used only once.
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
          reply.request.log.warn({ err: error }, 'auth did not respond')
          reply.send(authUnavailable())
        },
      },
    }
    await scope.register(httpProxy, { ...options, prefix: '/auth', rewritePrefix: '/auth' })
    const metadata = { prefix: METADATA_PATH, rewritePrefix: '/auth/metadata', routes: ['/'] }
    await scope.register(httpProxy, { ...options, ...metadata })
    // Pages of registered apps send requests to these themselves.
    await scope.register(
      async (apps) => {
        allowAppOrigins(apps, { origins, methods: ['POST'] })
        for (const prefix of ['/token', '/revoke'])
          await apps.register(httpProxy, {
            ...options,
            prefix,
            rewritePrefix: `/auth${prefix}`,
            routes: ['/'],
          })
      },
      { prefix: '/auth' },
    )
  }

/**
 * Redirect target of a sign-in that starts under another host name: Strava redirects to PUBLIC_URL, where the cookie that
 * binds the sign-in to the browser must have been set. Undefined if no redirect is needed.
 */
function publicLoginOf({ method, url, host }: FastifyRequest, publicUrl: string): string | undefined {
  const [path, query = ''] = url.split('?')
  if (path !== '/auth/login' || (method !== 'GET' && method !== 'HEAD')) return undefined
  const { protocol, host: publicHost } = new URL(publicUrl)
  const requestedHost = URL.canParse(`${protocol}//${host}`) ? new URL(`${protocol}//${host}`).host : ''
  if (requestedHost === publicHost || query.split('&').includes(REDIRECTED_MARK)) return undefined
  return `${publicUrl}${path}?${[query, REDIRECTED_MARK].filter(Boolean).join('&')}`
}

/** Answers proxy errors: with a page to browsers, with problem details to other clients. */
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

/** Request headers that auth may trust. */
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

/** Bodies are streamed, so their length must be declared. */
function rejectLongBody({ headers }: FastifyRequest): void {
  const isTooLong = Number(headers['content-length'] ?? 0) > BODY_LIMIT_BYTES
  if (isTooLong || headers['transfer-encoding'] !== undefined) throw bodyTooLong()
}
