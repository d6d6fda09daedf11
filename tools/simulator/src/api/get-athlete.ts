import type { FastifyReply, FastifyRequest } from 'fastify'
import { detailedAthlete, summaryAthlete } from '../athletes/athlete-json.ts'
import { sendJsonText } from '../http/answers.ts'
import { toJsonText } from '../json/json-text.ts'
import type { SimulatorState } from '../simulator-state.ts'
import { tokenGrant } from './token-grant.ts'

/** `GET /athlete`: detailed with `profile:read_all`, else a summary (Strava API docs). */
export function getAthlete(state: SimulatorState) {
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { athleteId, scopes } = tokenGrant(request)
    const athlete = state.roster.athlete(athleteId)
    const json = scopes.includes('profile:read_all') ? detailedAthlete(athlete) : summaryAthlete(athlete)
    return sendJsonText(reply, toJsonText(json))
  }
}
