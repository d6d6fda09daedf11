import { problemType, sendProblem } from '@ikigai/chassis'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { PAGE_POLICY, renderPage } from '../pages/page.ts'
import { REFUSALS, type Refusal } from '../sign-in/refusals.ts'

/** Whether a person reads the answer: browsers ask for HTML when they open an address. */
export const wantsHtml = (request: FastifyRequest) => request.headers.accept?.includes('text/html') === true

/** Says why there is no session: a page to people, problem details to programs. */
export function refuse(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { status, title, detail, retryAfterSeconds } = REFUSALS[refusal]
  reply.header('cache-control', 'no-store')
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  if (!wantsHtml(request)) return sendProblem(reply, { type: problemType(refusal), title, status, detail })
  const links = [
    { label: 'Try again', href: '/auth/login' },
    { label: 'Home', href: '/' },
  ]
  return reply
    .code(status)
    .header('content-security-policy', PAGE_POLICY)
    .header('referrer-policy', 'no-referrer')
    .type('text/html; charset=utf-8')
    .send(renderPage({ title, text: [detail], links }))
}
