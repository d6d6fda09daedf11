import type { FastifyReply, FastifyRequest } from 'fastify'
import { activityText } from '../athletes/activity-text.ts'
import { isPrivate } from '../athletes/records.ts'
import { sendJsonText } from '../http/answers.ts'
import { mayReadActivities, mayReadPrivateActivities } from '../oauth/scopes.ts'
import type { SimulatorState } from '../simulator-state.ts'
import { activityNotFound, missingPermission } from './strava-fault.ts'
import { tokenGrant } from './token-grant.ts'

/** `GET /activities/{id}`: 404 for what is not there, not the athlete's own, or hidden from the token. */
export function getActivity(state: SimulatorState) {
  return (request: FastifyRequest<{ Params: { id: string } }>, reply: FastifyReply): FastifyReply => {
    const { athleteId, scopes } = tokenGrant(request)
    if (!mayReadActivities(scopes)) throw missingPermission('activity:read_permission')
    const activity = state.roster.findActivity(request.params.id)
    if (activity === undefined || activity.athlete.id !== athleteId) throw activityNotFound()
    if (isPrivate(activity) && !mayReadPrivateActivities(scopes)) throw activityNotFound()
    return sendJsonText(reply, activityText(activity, 'detailed'))
  }
}
