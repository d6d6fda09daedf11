import type { FastifyRequest } from 'fastify'
import type { HttpApp } from './http-app.ts'
import { routeOf } from './route-of.ts'
import { beginSpan, type Carrier, failed, inSpanOf, type Span, SpanKind } from './tracing/index.ts'

const spans = new WeakMap<FastifyRequest, Span>()

/** One server span per request, from its head to the end of the response, in the caller's trace. */
export function traceHttp(app: HttpApp): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { method, headers } = request
    const name = `${method} ${routeOf(request)}`
    const attributes = { 'http.request.method': method, 'http.route': routeOf(request) }
    const options = { kind: SpanKind.SERVER, attributes, parent: carrierOf(headers) }
    spans.set(request, beginSpan(name, options, done))
  })
  // The body was parsed in the socket's context, so the span's context has to be entered again.
  app.addHook('preValidation', (request, _reply, done) => inRequestSpan(request, done))
  app.addHook('onError', async (request, _reply, error) => {
    const span = spans.get(request)
    if (span !== undefined && (error.statusCode ?? 500) >= 500) failed(span, error)
  })
  // Before the hook that logs the request.
  app.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request)
    span?.setAttribute('http.response.status_code', reply.statusCode)
    span?.end()
    inRequestSpan(request, done)
  })
}

function inRequestSpan(request: FastifyRequest, next: () => void): void {
  const span = spans.get(request)
  if (span === undefined) next()
  else inSpanOf(span, next)
}

function carrierOf(headers: FastifyRequest['headers']): Carrier {
  const { traceparent, tracestate } = headers
  return {
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {}),
  }
}
