import type { FastifyRequest } from 'fastify'
import { withoutSecrets } from './log-error.ts'

/** Cache: a service has few patterns, each requested often. */
const shown = new Map<string, string>()

/** The pattern of the route, because the address itself may hold ids and secrets. */
export function routeOf(request: FastifyRequest): string {
  const pattern = request.routeOptions.url ?? 'unknown'
  const known = shown.get(pattern)
  if (known !== undefined) return known
  const clean = withoutSecrets(pattern)
  shown.set(pattern, clean)
  return clean
}
