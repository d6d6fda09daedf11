import type { FastifyReply, FastifyRequest } from 'fastify'
import { athleteCapacityExceeded, badRequest } from '../api/strava-fault.ts'
import { summaryAthlete } from '../athletes/athlete-json.ts'
import { sendJsonText } from '../http/answers.ts'
import { type Parameters, parametersOf } from '../http/parameters.ts'
import { type JsonObject, toJsonText } from '../json/json-text.ts'
import type { Rooms } from '../rooms.ts'
import { requireClient } from './client-credentials.ts'
import type { IssuedTokens } from './schemas.ts'

function tokenFields(rooms: Rooms, tokens: IssuedTokens): JsonObject {
  return {
    expires_at: tokens.expiresAt,
    expires_in: tokens.expiresAt - Math.floor(rooms.clock.now() / 1000),
    refresh_token: tokens.refreshToken,
  }
}

function isFull(rooms: Rooms, athleteId: string): boolean {
  const { athleteCapacity } = rooms.settings()
  if (athleteCapacity === null || rooms.grants.byAthlete(athleteId) !== undefined) return false
  return rooms.grants.connectedCount() >= athleteCapacity
}

/** A code for tokens; the athlete comes with them (recorded 2026). */
function exchangeCode(rooms: Rooms, parameters: Parameters): JsonObject {
  const code = rooms.grants.redeemCode(parameters['code'] ?? '')
  if (code === undefined) throw badRequest('AuthorizationCode', 'code', 'invalid')
  if (isFull(rooms, code.athleteId)) throw athleteCapacityExceeded()
  const tokens = rooms.grants.authorize(code.athleteId, code.scopes)
  return {
    token_type: 'Bearer',
    ...tokenFields(rooms, tokens),
    access_token: tokens.accessToken,
    athlete: summaryAthlete(rooms.roster.athlete(code.athleteId)),
  }
}

/** A refresh token for an access token, and perhaps a new refresh token (recorded 2026). */
function refresh(rooms: Rooms, parameters: Parameters): JsonObject {
  const tokens = rooms.grants.refresh(parameters['refresh_token'] ?? '')
  if (tokens === undefined) throw badRequest('RefreshToken', 'refresh_token', 'invalid')
  return { token_type: 'Bearer', access_token: tokens.accessToken, ...tokenFields(rooms, tokens) }
}

/** `POST /oauth/token`. Its answers carry no limits, and it counts in none (recorded). */
export function token(rooms: Rooms) {
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const parameters = parametersOf(request)
    requireClient(rooms, parameters)
    switch (parameters['grant_type'] ?? 'authorization_code') {
      case 'authorization_code':
        return sendJsonText(reply, toJsonText(exchangeCode(rooms, parameters)))
      case 'refresh_token':
        return sendJsonText(reply, toJsonText(refresh(rooms, parameters)))
      default:
        throw badRequest('Application', 'grant_type', 'invalid')
    }
  }
}
