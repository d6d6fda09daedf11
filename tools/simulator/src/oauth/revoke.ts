import type { FastifyReply, FastifyRequest } from 'fastify'
import { badRequest, unauthorized } from '../api/strava-fault.ts'
import { tokenGrant } from '../api/token-grant.ts'
import { parametersOf } from '../http/parameters.ts'
import type { SimulatorState } from '../simulator-state.ts'
import { isBasicClient } from './client-credentials.ts'
import type { Grant } from './grants.ts'

/** Ends a grant and sends the deauthorization event. */
function endGrant(state: SimulatorState, grant: Grant): void {
  state.grants.revoke(grant)
  state.publisher.deauthorized(grant.athleteId)
}

/** `POST /oauth/deauthorize`, gone in 2027: ends the grant of a valid access token (recorded 2025). */
export function deauthorize(state: SimulatorState) {
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const grant = tokenGrant(request)
    const [, accessToken] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
    endGrant(state, grant)
    return reply.send({ access_token: accessToken ?? parametersOf(request)['access_token'] })
  }
}

/**
 * `POST /oauth/revoke`: HTTP Basic with the client's credentials, form `token`. Either token ends both, and a
 * token that is gone already is answered 200 as well (Strava API docs, since 2026-06).
 */
export function revoke(state: SimulatorState) {
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (!isBasicClient(state, request.headers.authorization)) throw unauthorized()
    const { token } = parametersOf(request)
    if (token === undefined || token === '') throw badRequest('Application', 'token', 'missing')
    const grant = state.grants.byAnyToken(token)
    if (grant !== undefined) endGrant(state, grant)
    return reply.send({})
  }
}
