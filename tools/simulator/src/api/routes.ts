import type { FastifyInstance } from 'fastify'
import type { SimulatorState } from '../simulator-state.ts'
import { createActivity } from './create-activity.ts'
import { getActivity } from './get-activity.ts'
import { getAthlete } from './get-athlete.ts'
import { listActivities } from './list-activities.ts'

/** The data endpoints below `/api/v3`. All need a token and count in the limits. */
export function apiRoutes(app: FastifyInstance, state: SimulatorState): void {
  app.get('/api/v3/athlete', { config: { strava: { kind: 'athlete', counting: 'read' } } }, getAthlete(state))
  app.get(
    '/api/v3/athlete/activities',
    { config: { strava: { kind: 'list', counting: 'read' } } },
    listActivities(state),
  )
  app.get(
    '/api/v3/activities/:id',
    { config: { strava: { kind: 'detail', counting: 'read' } } },
    getActivity(state),
  )
  app.post(
    '/api/v3/activities',
    { config: { strava: { kind: 'create', counting: 'write' } } },
    createActivity(state),
  )
}
