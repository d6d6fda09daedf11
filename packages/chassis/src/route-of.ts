import type { FastifyRequest } from 'fastify'
import { withoutSecrets } from './log-error.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by {@link routeOf}: Fastify makes a new description of the route whenever it is asked. */
    shownRoute?: string | undefined
  }
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
