import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { Problem, type ProblemDetails, problemType } from './problem.ts'
import { isUnavailable } from './unavailable.ts'

const KNOWN: Record<number, { slug: string; title: string; detail: string }> = {
  400: { slug: 'bad-request', title: 'Bad request', detail: 'The request could not be understood.' },
  404: { slug: 'not-found', title: 'Not found', detail: 'There is nothing at this address.' },
  405: {
    slug: 'method-not-allowed',
    title: 'Method not allowed',
    detail: 'This address does not support that method.',
  },
  408: { slug: 'request-timeout', title: 'Request time-out', detail: 'The request took too long to arrive.' },
  413: { slug: 'content-too-large', title: 'Content too large', detail: 'The request body is too large.' },
  414: { slug: 'uri-too-long', title: 'URI too long', detail: 'The address is too long.' },
  415: { slug: 'unsupported-media-type', title: 'Unsupported media type', detail: 'Send application/json.' },
  429: { slug: 'too-many-requests', title: 'Too many requests', detail: 'Slow down.' },
  431: {
    slug: 'headers-too-large',
    title: 'Request header fields too large',
    detail: 'The headers are too large.',
  },
  503: {
    slug: 'unavailable',
    title: 'Service unavailable',
    detail: 'A part of this service cannot be reached. Try again in a few seconds.',
  },
}

const INTERNAL = { slug: 'internal', title: 'Internal error', detail: 'This request could not be answered.' }

/** `retry-after` (s) while a dependency cannot be reached. */
const UNAVAILABLE_RETRY_SECONDS = '2'

/** The problem for a bare status. */
export function problemOf(status: number, detail?: string): ProblemDetails {
  const { slug, title, detail: usual } = KNOWN[status] ?? (status < 500 ? KNOWN[400] : undefined) ?? INTERNAL
  return { type: problemType(slug), title, status, detail: detail ?? usual }
}

/** Answers with problem details. */
export function sendProblem(reply: FastifyReply, details: ProblemDetails): FastifyReply {
  // A string, because a schema for the route's answers must not filter this one.
  return reply
    .code(details.status)
    .type('application/problem+json')
    .serializer(String)
    .send(JSON.stringify(details))
}

/** The error handler of every service: answers with problem details. */
export function answerError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error instanceof Problem) return sendProblem(reply.headers(error.headers), error.details)
  const { validation, validationContext } = 'validation' in error ? error : {}
  if (validation !== undefined) {
    const errors = validation.map(({ instancePath, message, params }) => ({
      pointer: `/${validationContext ?? 'request'}${instancePath}${missing(params)}`,
      detail: message ?? 'is not valid',
    }))
    return sendProblem(reply, {
      ...problemOf(400, 'The request does not match its schema.'),
      errors,
    })
  }
  const status = 'statusCode' in error && error.statusCode !== undefined ? error.statusCode : 500
  if (status >= 400 && status < 500) return sendProblem(reply, problemOf(status))
  if (isUnavailable(error)) {
    request.log.warn({ err: error }, 'request failed: a dependency cannot be reached')
    reply.header('retry-after', UNAVAILABLE_RETRY_SECONDS)
    return sendProblem(reply, { ...problemOf(503), request_id: request.id })
  }
  request.log.error({ err: error }, 'request failed')
  return sendProblem(reply, { ...problemOf(status === 503 ? 503 : 500), request_id: request.id })
}

function missing(params: Record<string, unknown>): string {
  const name = params['missingProperty'] ?? params['additionalProperty']
  return typeof name === 'string' ? `/${name}` : ''
}
