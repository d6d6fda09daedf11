import type { FastifyRequest } from 'fastify'
import { withoutSecrets } from './log-error.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Cache of {@link routeOf}: Fastify builds a new description of the route at each access. */
    shownRoute?: string | undefined
  }
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
