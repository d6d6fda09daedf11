import type { FastifyRequest } from 'fastify'
import type { Grant } from '../oauth/grants.ts'
import { unauthorized } from './strava-fault.ts'

/**
 * The grant of a call that was admitted with a token.
 * @throws StravaFault 401 if there is none
 */
export function tokenGrant(request: FastifyRequest): Grant {
  const grant = request.stravaCall?.grant
  if (grant === undefined || grant === null) throw unauthorized()
  return grant
}
