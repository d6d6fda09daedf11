import type { FastifyInstance } from 'fastify'
import type { Rooms } from '../rooms.ts'
import { createActivity } from './create-activity.ts'
import { getActivity } from './get-activity.ts'
import { getAthlete } from './get-athlete.ts'
import { listActivities } from './list-activities.ts'

/** The data endpoints below `/api/v3`. All need a token and count in the limits. */
export function apiRoutes(app: FastifyInstance, rooms: Rooms): void {
  app.get('/api/v3/athlete', { config: { strava: { kind: 'athlete', counting: 'read' } } }, getAthlete(rooms))
  app.get(
    '/api/v3/athlete/activities',
    { config: { strava: { kind: 'list', counting: 'read' } } },
    listActivities(rooms),
  )
  app.get(
    '/api/v3/activities/:id',
    { config: { strava: { kind: 'detail', counting: 'read' } } },
    getActivity(rooms),
  )
  app.post(
    '/api/v3/activities',
    { config: { strava: { kind: 'create', counting: 'write' } } },
    createActivity(rooms),
  )
}
