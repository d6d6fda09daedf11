import { problemOf, sendPage, sendProblem, wantsHtml } from '@ikigai/chassis'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Where addresses lead that people and browsers try; in lower case, without a slash at the end. */
const TYPED: ReadonlyMap<string, string> = new Map([
  ['/index.html', '/'],
  ['/index', '/'],
  ['/home', '/'],
  ['/logout', '/'],
  ['/sign-out', '/'],
  ['/signout', '/'],
  ['/login', '/auth/login'],
  ['/log-in', '/auth/login'],
  ['/sign-in', '/auth/login'],
  ['/signin', '/auth/login'],
  ['/sign-up', '/auth/login'],
  ['/signup', '/auth/login'],
  ['/connect', '/auth/login'],
  ['/auth', '/auth/login'],
  ['/auth/login', '/auth/login'],
  ['/status', '/status'],
  ['/status.html', '/status'],
  ['/docs', '/docs'],
  ['/api', '/docs'],
  ['/swagger', '/docs'],
  ['/problems', '/problems'],
  ['/openapi', '/openapi.json'],
  ['/openapi.json', '/openapi.json'],
  ['/export', '/v1/me/export'],
  ['/apple-touch-icon-precomposed.png', '/apple-touch-icon.png'],
])

/** Answers what no route knows: a known address that was written otherwise leads there, all else is not found. */
export function answerUnknownAddress(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const target = targetOf(request)
  return target === undefined ? sendNotFound(request, reply) : reply.redirect(target, 302)
}

/** Words between slashes, and a slash at the end: nothing that a browser takes for another host. */
const WITH_SLASH = /^((?:\/[\w.-]+)+)\/+$/

function targetOf(request: FastifyRequest): string | undefined {
  const { method, url } = request
  if (method !== 'GET' && method !== 'HEAD') return undefined
  const [path = '', ...query] = url.split('?')
  const known = TYPED.get(path.toLowerCase().replace(/\/+$/, ''))
  const target = known ?? (wantsHtml(request) ? WITH_SLASH.exec(path)?.[1] : undefined)
  if (target === undefined || target === path) return undefined
  return query.length === 0 ? target : `${target}?${query.join('?')}`
}

/** Nothing is at this address: a page to people, problem details to programs. */
function sendNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!wantsHtml(request)) return sendProblem(reply, problemOf(404))
  return sendPage(reply, 404, {
    title: 'There is nothing here',
    text: ['The address may be misspelt, or what was here is gone.'],
    links: [],
  })
}
