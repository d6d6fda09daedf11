import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import type { HttpApp } from './http-app.ts'
import { withoutSecrets } from './log-error.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by {@link rememberRoutes} or {@link routeOf}: Fastify builds a new description of the route at each access. */
    shownRoute?: string | undefined
  }
}

/** Sets `shownRoute` of each request to a route that is registered afterwards. */
export function rememberRoutes(app: Pick<HttpApp, 'addHook' | 'decorateRequest'>): void {
  // Declared here so that all request objects have the same shape (faster in V8).
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

/** Cleaned patterns by pattern. */
const shown = new Map<string, string>()

/** The pattern of the route; the address itself may contain ids and secrets. */
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
