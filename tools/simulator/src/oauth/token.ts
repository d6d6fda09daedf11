import type { FastifyReply, FastifyRequest } from 'fastify'
import { athleteCapacityExceeded, badRequest } from '../api/strava-fault.ts'
import { summaryAthlete } from '../athletes/athlete-json.ts'
import { sendJsonText } from '../http/answers.ts'
import { type Parameters, parametersOf } from '../http/parameters.ts'
import { type JsonObject, toJsonText } from '../json/json-text.ts'
import type { SimulatorState } from '../simulator-state.ts'
import { requireClient } from './client-credentials.ts'
import type { IssuedTokens } from './schemas.ts'

function tokenFields(state: SimulatorState, tokens: IssuedTokens): JsonObject {
  return {
    expires_at: tokens.expiresAt,
    expires_in: tokens.expiresAt - Math.floor(state.clock.now() / 1000),
    refresh_token: tokens.refreshToken,
  }
}

function isFull(state: SimulatorState, athleteId: string): boolean {
  const { athleteCapacity } = state.settings()
  if (athleteCapacity === null || state.grants.byAthlete(athleteId) !== undefined) return false
  return state.grants.connectedCount() >= athleteCapacity
}

/** A code for tokens; the athlete comes with them (recorded 2026). */
function exchangeCode(state: SimulatorState, parameters: Parameters): JsonObject {
  const code = state.grants.redeemCode(parameters['code'] ?? '')
  if (code === undefined) throw badRequest('AuthorizationCode', 'code', 'invalid')
  if (isFull(state, code.athleteId)) throw athleteCapacityExceeded()
  const tokens = state.grants.authorize(code.athleteId, code.scopes)
  return {
    token_type: 'Bearer',
    ...tokenFields(state, tokens),
    access_token: tokens.accessToken,
    athlete: summaryAthlete(state.roster.athlete(code.athleteId)),
  }
}

/** A refresh token for an access token, and perhaps a new refresh token (recorded 2026). */
function refresh(state: SimulatorState, parameters: Parameters): JsonObject {
  const tokens = state.grants.refresh(parameters['refresh_token'] ?? '')
  if (tokens === undefined) throw badRequest('RefreshToken', 'refresh_token', 'invalid')
  return { token_type: 'Bearer', access_token: tokens.accessToken, ...tokenFields(state, tokens) }
}

/** `POST /oauth/token`. Its answers carry no limits, and it counts in none (recorded). */
export function token(state: SimulatorState) {
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const parameters = parametersOf(request)
    requireClient(state, parameters)
    switch (parameters['grant_type'] ?? 'authorization_code') {
      case 'authorization_code':
        return sendJsonText(reply, toJsonText(exchangeCode(state, parameters)))
      case 'refresh_token':
        return sendJsonText(reply, toJsonText(refresh(state, parameters)))
      default:
        throw badRequest('Application', 'grant_type', 'invalid')
    }
  }
}
