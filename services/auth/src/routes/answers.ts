import { answerError, Problem, problemType, sendProblem } from '@ikigai/chassis'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { PAGE_POLICY, type PageContent, renderPage } from '../pages/page.ts'
import { REFUSALS, type Refusal } from '../sign-in/refusals.ts'

/** Whether a person reads the answer: browsers ask for HTML when they open an address. */
export const wantsHtml = (request: FastifyRequest) => request.headers.accept?.includes('text/html') === true

/** What is known of a sign-in that was refused. */
export interface RefusedSignIn {
  readonly refusal: Refusal
  /** Where to begin again. */
  readonly loginPath: string
  /** More for programs to read. */
  readonly extensions?: Readonly<Record<string, unknown>>
}

/** Says why there is no session: a page to people, problem details to programs. */
export function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  { refusal, loginPath, extensions = {} }: RefusedSignIn,
): FastifyReply {
  const { status, title, detail, retryAfterSeconds } = REFUSALS[refusal]
  reply.header('cache-control', 'no-store')
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  return wantsHtml(request)
    ? sendPage(reply.code(status), {
        title,
        text: [detail],
        links: [{ label: 'Try again', href: loginPath }],
      })
    : sendProblem(reply, { type: problemType(refusal), title, status, detail, ...extensions })
}

/** The same for what a route throws, or Fastify before it. */
export function answerFailure(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (!wantsHtml(request)) return answerError(error, request, reply)
  if (error instanceof Problem) {
    const { title, detail, status } = error.details
    return sendPage(reply.code(status), { title, text: [detail], links: [] })
  }
  const status = 'statusCode' in error && error.statusCode !== undefined ? error.statusCode : 500
  if (status >= 400 && status < 500) {
    const text = ['The address or the request is not one that this site makes.']
    return sendPage(reply.code(status), { title: 'This request cannot be answered', text, links: [] })
  }
  request.log.error({ err: error }, 'request failed')
  const text = ['Something went wrong on our side. Please try again in a moment.', `Reference: ${request.id}`]
  return sendPage(reply.code(500), { title: 'This did not work', text, links: [] })
}

function sendPage(reply: FastifyReply, { links, ...content }: PageContent): FastifyReply {
  return reply
    .header('cache-control', 'no-store')
    .header('content-security-policy', PAGE_POLICY)
    .header('referrer-policy', 'no-referrer')
    .header('x-content-type-options', 'nosniff')
    .type('text/html; charset=utf-8')
    .send(renderPage({ ...content, links: [...links, { label: 'Home', href: '/' }] }))
}
