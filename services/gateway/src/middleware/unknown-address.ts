import { problemOf, sendPage, sendProblem, wantsHtml } from '@ikigai/chassis'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Redirects for addresses that people and browsers guess; lower case, without trailing slash. */
const ALIASES: ReadonlyMap<string, string> = new Map([
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

/** Answers unknown addresses: redirects known variants, 404 otherwise. */
export function answerUnknownAddress(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const target = targetOf(request)
  return target === undefined ? sendNotFound(request, reply) : reply.redirect(target, 302)
}

/** A path with a trailing slash. Its segments rule out `//host`, which browsers take for another host. */
const WITH_SLASH = /^((?:\/[\w.-]+)+)\/+$/

function targetOf(request: FastifyRequest): string | undefined {
  const { method, url } = request
  if (method !== 'GET' && method !== 'HEAD') return undefined
  const [path = '', ...query] = url.split('?')
  const known = ALIASES.get(path.toLowerCase().replace(/\/+$/, ''))
  const target = known ?? (wantsHtml(request) ? WITH_SLASH.exec(path)?.[1] : undefined)
  if (target === undefined || target === path) return undefined
  return query.length === 0 ? target : `${target}?${query.join('?')}`
}

/** 404: a page to browsers, problem details to other clients. */
function sendNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!wantsHtml(request)) return sendProblem(reply, problemOf(404))
  return sendPage(reply, 404, {
    title: 'Page not found',
    text: ['The address may be misspelled, or the page may have been removed.'],
    links: [],
  })
}
