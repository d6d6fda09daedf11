import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import type { HttpApp } from './http-app.ts'
import { withoutSecrets } from './log-error.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by {@link rememberRoutes} or {@link routeOf}: Fastify makes a new description of the route whenever it is asked. */
    shownRoute?: string | undefined
  }
}

/** Has each request know the pattern of its route, whose routes are registered afterwards. */
export function rememberRoutes(app: Pick<HttpApp, 'addHook' | 'decorateRequest'>): void {
  // All requests have one shape.
  app.decorateRequest('shownRoute', undefined)
  app.addHook('onRoute', (route) => {
    const shown = shownPattern(route.url)
    const remember: onRequestHookHandler = (request, _reply, done) => {
      request.shownRoute = shown
      done()
    }
    route.onRequest = [remember, ...[route.onRequest ?? []].flat()]
  })
}

/** Cache: a service has few patterns, each requested often. */
const shown = new Map<string, string>()

/** The pattern of the route, because the address itself may hold ids and secrets. */
export function routeOf(request: FastifyRequest): string {
  request.shownRoute ??= shownPattern(request.routeOptions.url ?? 'unknown')
  return request.shownRoute
}

function shownPattern(pattern: string): string {
  const known = shown.get(pattern)
  if (known !== undefined) return known
  const clean = withoutSecrets(pattern)
  shown.set(pattern, clean)
  return clean
}
