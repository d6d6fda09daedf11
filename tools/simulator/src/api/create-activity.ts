import type { FastifyReply, FastifyRequest } from 'fastify'
import { activityText } from '../athletes/activity-text.ts'
import { isPrivate } from '../athletes/records.ts'
import { sendJsonText } from '../http/answers.ts'
import { type Parameters, parametersOf } from '../http/parameters.ts'
import type { SimulatorState } from '../simulator-state.ts'
import { badRequest, missingPermission } from './strava-fault.ts'
import { tokenGrant } from './token-grant.ts'

function required(parameters: Parameters, name: string): string {
  const value = parameters[name]
  if (value === undefined || value === '') throw badRequest('Activity', name, 'missing')
  return value
}

function numberParameter(parameters: Parameters, name: string, text: string): number {
  const value = Number(parameters[name] ?? text)
  if (!Number.isFinite(value) || value < 0) throw badRequest('Activity', name, 'invalid')
  return value
}

/** `POST /activities`: a manual activity. The one call here that is no read. Needs `activity:write`. */
export function createActivity(state: SimulatorState) {
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { athleteId, scopes } = tokenGrant(request)
    if (!scopes.includes('activity:write')) throw missingPermission('activity:write_permission')
    const parameters = parametersOf(request)
    const startDate = required(parameters, 'start_date_local')
    if (Number.isNaN(Date.parse(startDate))) throw badRequest('Activity', 'start_date_local', 'invalid')
    const seconds = Math.round(
      numberParameter(parameters, 'elapsed_time', required(parameters, 'elapsed_time')),
    )
    const activity = state.roster.addActivity(state.roster.athlete(athleteId), {
      name: required(parameters, 'name'),
      sportType: parameters['sport_type'] ?? required(parameters, 'type'),
      startDate,
      elapsedTimeSeconds: seconds,
      movingTimeSeconds: seconds,
      distanceMeters: numberParameter(parameters, 'distance', '0'),
      description: parameters['description'] ?? null,
      manual: true,
    })
    state.publisher.activity(activity, { kind: 'created', isPrivate: isPrivate(activity) })
    return sendJsonText(reply.code(201), activityText(activity, 'detailed'))
  }
}
