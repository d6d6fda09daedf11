import type { FastifyReply, FastifyRequest } from 'fastify'
import { detailedAthlete, summaryAthlete } from '../athletes/athlete-json.ts'
import { sendJsonText } from '../http/answers.ts'
import { toJsonText } from '../json/json-text.ts'
import type { Rooms } from '../rooms.ts'
import { tokenGrant } from './token-grant.ts'

/** `GET /athlete`: detailed with `profile:read_all`, else a summary (Strava API docs). */
export function getAthlete(rooms: Rooms) {
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { athleteId, scopes } = tokenGrant(request)
    const athlete = rooms.roster.athlete(athleteId)
    const json = scopes.includes('profile:read_all') ? detailedAthlete(athlete) : summaryAthlete(athlete)
    return sendJsonText(reply, toJsonText(json))
  }
}
