import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { Logger } from './logger.ts'
import { answerError, problemOf, sendProblem } from './problem-answers.ts'
import { requestLines } from './request-line.ts'
import { requestLoggers } from './request-logger.ts'
import { rememberRoutes, routeOf } from './route-of.ts'
import { traceHttp } from './trace-http.ts'
import { isTracing } from './tracing/index.ts'
import { compileValidator } from './validator-compiler.ts'

/** Options of {@link createHttp}. */
export interface HttpOptions {
  readonly logger: Logger
  /** Bytes; 64 KiB by default. */
  readonly bodyLimit?: number
  /** Proxies whose forwarded headers are trusted: addresses or CIDR. None by default. */
  readonly trustProxy?: string | undefined
  /** How long an idle connection is kept, in ms; {@link KEEP_ALIVE_TIMEOUT_MS} by default. */
  readonly keepAliveTimeoutMs?: number | undefined
  /** How long a request may take to arrive, in ms; {@link REQUEST_TIMEOUT_MS} by default. */
  readonly requestTimeoutMs?: number
  /** Handler of unknown paths; problem details by default. */
  readonly answerNotFound?: (request: FastifyRequest, reply: FastifyReply) => FastifyReply
}

/**
 * Longer than the 60 s for which load balancers and proxies keep a connection by default: the side that sends requests
 * must close first, or it may send one into a connection that is just being closed.
 */
const KEEP_ALIVE_TIMEOUT_MS = 72_000
/**
 * Time-out of a request's arrival, from its first byte. Slow connections are closed at the next check, at most a third of
 * this later: after 20 s.
 */
const REQUEST_TIMEOUT_MS = 15_000
/**
 * Time-out of a silent connection before its first answer or during one; between requests the keep-alive time-out
 * applies. Longer than the heartbeat of an open stream.
 */
const SILENCE_TIMEOUT_MS = 30_000
/** How long a connection with a malformed or slow request stays open after the answer, so that the peer can read it. */
const LINGER_MS = 2_000

/**
 * A Fastify instance with the defaults of every service: generated request ids, one log line per request,
 * problem details for every error, and a `close()` that finishes requests in progress and closes idle connections.
 */
export function createHttp(options: HttpOptions) {
  const { logger, bodyLimit = 65_536, trustProxy, keepAliveTimeoutMs = KEEP_ALIVE_TIMEOUT_MS } = options
  const { requestTimeoutMs: requestTimeout = REQUEST_TIMEOUT_MS } = options
  const { answerNotFound = (_request, reply) => sendProblem(reply, problemOf(404)) } = options
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: requestLoggers(logger),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    bodyLimit,
    trustProxy: trustProxy ?? false,
    requestTimeout,
    http: {
      headersTimeout: requestTimeout,
      requestTimeout,
      connectionsCheckingInterval: Math.ceil(requestTimeout / 3),
    },
    connectionTimeout: SILENCE_TIMEOUT_MS,
    keepAliveTimeout: keepAliveTimeoutMs,
    // Requests on open connections are answered while closing: everything that a route uses closes later.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 512 },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    frameworkErrors: (error, request, reply) => {
      // No hook runs for these errors.
      void answerError(error, request, reply.header('x-request-id', request.id))
    },
    clientErrorHandler: (error, socket) => refuseMalformed(error, socket),
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.setValidatorCompiler(compileValidator)
  rememberRoutes(app)

  if (isTracing()) traceHttp(app)

  const unused = watchUnusedConnections(app.server)
  const logRequest = requestLines(logger)
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
    unused.close()
  })
  // These run for every request; callbacks are much cheaper than promises.
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    // An open connection would delay close() until it times out.
    if (closing) reply.header('connection', 'close')
    done(null, payload)
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode: status, elapsedTime } = reply
    const { id: reqId, method } = request
    logRequest({ reqId, method, route: routeOf(request), status, ms: Math.round(elapsedTime) })
    done()
  })
  app.setErrorHandler(answerError)
  app.setNotFoundHandler(answerNotFound)
  return app
}

/**
 * Tracks connections on which nothing has been sent yet, as browsers open them in advance. Node does not count them as
 * idle, so they would delay the server's close until they time out.
 */
function watchUnusedConnections(server: Server): { close(): void } {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return {
    close: () => {
      for (const socket of open) if (socket.bytesRead === 0) socket.destroy()
    },
  }
}

/** Answers bytes that are not an HTTP request, for which Fastify runs no route. */
function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  const details = problemOf(status)
  const body = JSON.stringify(details)
  // A peer that neither reads nor closes would hold the other half of the connection open.
  const lingering = setTimeout(() => socket.destroy(), LINGER_MS).unref()
  socket.once('close', () => clearTimeout(lingering))
  socket.end(
    `HTTP/1.1 ${status} ${details.title}\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
