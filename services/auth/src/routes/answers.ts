import {
  answerError,
  isUnavailable,
  Problem,
  problemOf,
  problemType,
  sendPage,
  sendProblem,
  wantsHtml,
} from '@ikigai/chassis'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isRefusal, REFUSALS, type Refusal } from '../oauth/refusals.ts'
import type { SignUpObstacle } from '../sign-up/sign-up.ts'

export interface RefusedSignIn {
  readonly refusal: Refusal
  /** Query of the URL that starts the sign-in again, and of the page that explains the refusal. */
  readonly retryQuery: Readonly<Record<string, string>>
  /** Extension members of the problem details. */
  readonly extensions?: Readonly<Record<string, unknown>>
}

/**
 * Answers a failed sign-in: problem details for programs; browsers are redirected to a page at another URL, because that of
 * the callback holds the code and the state.
 */
export function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  { refusal, retryQuery, extensions = {} }: RefusedSignIn,
): FastifyReply {
  reply.header('cache-control', 'no-store')
  if (wantsHtml(request)) return reply.redirect(`/auth/refused/${refusal}${queryOf(retryQuery)}`, 303)
  const { status, title, detail, retryAfterSeconds } = REFUSALS[refusal]
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  return sendProblem(reply, { type: problemType(refusal), title, status, detail, ...extensions })
}

/** Sends the page of a refusal. */
export function sendRefusal(
  reply: FastifyReply,
  refusal: Refusal,
  retryQuery: Readonly<Record<string, string>>,
  label = 'Try again',
): FastifyReply {
  const { status, title, detail, retryAfterSeconds } = REFUSALS[refusal]
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  return sendPage(reply, status, {
    title,
    text: [detail],
    links: [{ label, href: `/auth/login${queryOf(retryQuery)}` }],
  })
}

/** Sends the page that explains, before the sign-in, why no new account can be made. Athletes with an account can continue. */
export const sendObstacle = (
  reply: FastifyReply,
  obstacle: SignUpObstacle,
  query: Readonly<Record<string, string>>,
): FastifyReply => sendRefusal(reply, obstacle, query, LABELS[obstacle])

const HAS_ACCOUNT = 'I have an account: continue with Strava'
const LABELS: Readonly<Record<SignUpObstacle, string>> = {
  'athlete-capacity': HAS_ACCOUNT,
  'invitation-required': HAS_ACCOUNT,
  'invitation-invalid': HAS_ACCOUNT,
  'sign-up-not-allowed': 'I have an account, or am on the list: continue with Strava',
}

const queryOf = (query: Readonly<Record<string, string>>) =>
  Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query)}`

/** Answers an error of a route or of Fastify: a page for browsers, problem details for programs. */
export function answerFailure(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (!wantsHtml(request)) return answerError(error, request, reply)
  const status = 'statusCode' in error && error.statusCode !== undefined ? error.statusCode : 500
  const isOurs = !(error instanceof Problem) && (status < 400 || status >= 500)
  const isAway = isOurs && isUnavailable(error)
  if (isAway) request.log.warn({ err: error }, 'request failed: something it depends on cannot be reached')
  else if (isOurs) request.log.error({ err: error }, 'request failed')
  // Redirected, because the callback's URL holds the code and the state.
  if (request.routeOptions.url === '/auth/callback')
    return refuse(request, reply, {
      refusal: isAway ? 'unavailable' : refusalOf(error, status),
      retryQuery: {},
    })
  if (error instanceof Problem) {
    const { title, detail, status: code } = error.details
    return sendPage(reply.headers(error.headers), code, { title, text: [detail], links: [] })
  }
  if (isAway) return sendRefusal(reply, 'unavailable', {})
  const { title, detail } = REFUSALS[isOurs ? 'internal' : 'bad-request']
  const text = isOurs ? [detail, `Reference: ${request.id}`] : [detail]
  return sendPage(reply, isOurs ? 500 : status, { title, text, links: [] })
}

function refusalOf(error: Error, status: number): Refusal {
  const slug = error instanceof Problem ? (error.details.type.split('/').at(-1) ?? '') : ''
  if (isRefusal(slug)) return slug
  return status < 500 ? 'bad-request' : 'internal'
}

/** Answers 404: a page for browsers, problem details for programs. */
export const answerNotFound = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  wantsHtml(request)
    ? sendPage(reply, 404, { title: 'Not found', text: ['There is nothing at this address.'], links: [] })
    : sendProblem(reply, problemOf(404))
