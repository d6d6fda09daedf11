import type { FastifyRequest } from 'fastify'
import { withoutSecrets } from './log-error.ts'

/** The pattern of the route, because the address itself may hold ids and secrets. */
export const routeOf = (request: FastifyRequest) => withoutSecrets(request.routeOptions.url ?? 'unknown')
