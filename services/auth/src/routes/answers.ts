import {
  answerError,
  Problem,
  problemOf,
  problemType,
  sendPage,
  sendProblem,
  wantsHtml,
} from '@ikigai/chassis'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isRefusal, REFUSALS, type Refusal } from '../sign-in/refusals.ts'

/** What is known of a sign-in that was refused. */
export interface RefusedSignIn {
  readonly refusal: Refusal
  /** Query of the address at which to begin again, which is also that of the page that says why. */
  readonly again: Readonly<Record<string, string>>
  /** More for programs to read. */
  readonly extensions?: Readonly<Record<string, unknown>>
}

/**
 * Says why there is no session: problem details to programs; people are led to a page with an address of its own, because
 * that of the callback holds the code and the state.
 */
export function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  { refusal, again, extensions = {} }: RefusedSignIn,
): FastifyReply {
  reply.header('cache-control', 'no-store')
  if (wantsHtml(request)) return reply.redirect(`/auth/refused/${refusal}${queryOf(again)}`, 303)
  const { status, title, detail, retryAfterSeconds } = REFUSALS[refusal]
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  return sendProblem(reply, { type: problemType(refusal), title, status, detail, ...extensions })
}

/** The page of a refusal. */
export function sendRefusal(
  reply: FastifyReply,
  refusal: Refusal,
  again: Readonly<Record<string, string>>,
): FastifyReply {
  const { status, title, detail, retryAfterSeconds } = REFUSALS[refusal]
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  return sendPage(reply, status, {
    title,
    text: [detail],
    links: [{ label: 'Try again', href: `/auth/login${queryOf(again)}` }],
  })
}

const queryOf = (query: Readonly<Record<string, string>>) =>
  Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query)}`

/** The same for what a route throws, or Fastify before it. */
export function answerFailure(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (!wantsHtml(request)) return answerError(error, request, reply)
  const status = 'statusCode' in error && error.statusCode !== undefined ? error.statusCode : 500
  const isOurs = !(error instanceof Problem) && (status < 400 || status >= 500)
  if (isOurs) request.log.error({ err: error }, 'request failed')
  // The page's own address: that of the callback holds the code and the state.
  if (request.routeOptions.url === '/auth/callback')
    return refuse(request, reply, { refusal: refusalOf(error, status), again: {} })
  if (error instanceof Problem) {
    const { title, detail, status: code } = error.details
    return sendPage(reply.headers(error.headers), code, { title, text: [detail], links: [] })
  }
  const { title, detail } = REFUSALS[isOurs ? 'internal' : 'bad-request']
  const text = isOurs ? [detail, `Reference: ${request.id}`] : [detail]
  return sendPage(reply, isOurs ? 500 : status, { title, text, links: [] })
}

function refusalOf(error: Error, status: number): Refusal {
  const slug = error instanceof Problem ? (error.details.type.split('/').at(-1) ?? '') : ''
  if (isRefusal(slug)) return slug
  return status < 500 ? 'bad-request' : 'internal'
}

/** Nothing is at this address: a page to people, problem details to programs. */
export const answerNotFound = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  wantsHtml(request)
    ? sendPage(reply, 404, { title: 'Not found', text: ['There is nothing at this address.'], links: [] })
    : sendProblem(reply, problemOf(404))
