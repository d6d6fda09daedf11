import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import { isTracing } from '@ikigai/tracing'
import Fastify, { LogController } from 'fastify'
import type { Logger } from './logger.ts'
import { answerError, problemOf, sendProblem } from './problem-answers.ts'
import { routeOf } from './route-of.ts'
import { traceHttp } from './trace-http.ts'

/** How a service's HTTP is set up. */
export interface HttpOptions {
  readonly logger: Logger
  /** Bytes; 64 KiB by default. */
  readonly bodyLimit?: number
  /** Proxies whose forwarded headers are believed: addresses or CIDR. None by default. */
  readonly trustProxy?: string | undefined
}

/**
 * A Fastify instance with the habits of the house: request ids of our own making, one log line per request,
 * problem details for every error, and a `close()` that lets requests under way finish and holds no idle connection.
 */
export function createHttp({ logger, bodyLimit = 65_536, trustProxy }: HttpOptions) {
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    bodyLimit,
    trustProxy: trustProxy ?? false,
    requestTimeout: 15_000,
    connectionTimeout: 30_000,
    keepAliveTimeout: 5_000,
    routerOptions: { maxParamLength: 512 },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    frameworkErrors: (error, request, reply) => {
      // No hook runs for these.
      void answerError(error, request, reply.header('x-request-id', request.id))
    },
    clientErrorHandler: (error, socket) => refuseMalformed(error, socket),
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.setValidatorCompiler(TypeBoxValidatorCompiler)

  if (isTracing()) traceHttp(app)

  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  // These run for every request; called back, they cost a fraction of what a promise does.
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    // A kept connection would hold close() until it times out.
    if (closing) reply.header('connection', 'close')
    done(null, payload)
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode: status, elapsedTime } = reply
    request.log.info(
      { method: request.method, route: routeOf(request), status, ms: Math.round(elapsedTime) },
      'request',
    )
    done()
  })
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, problemOf(404)))
  return app
}

/** Bytes that are no HTTP request never reach a route. */
function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  const details = problemOf(status)
  const body = JSON.stringify(details)
  socket.end(
    `HTTP/1.1 ${status} ${details.title}\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
