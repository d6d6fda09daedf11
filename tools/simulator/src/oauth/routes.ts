import type { FastifyInstance } from 'fastify'
import type { Rooms } from '../rooms.ts'
import { authorizePage } from './authorize.ts'
import { deauthorize, revoke } from './revoke.ts'
import { token } from './token.ts'

/** Sign-in, tokens and their end. */
export function oauthRoutes(app: FastifyInstance, rooms: Rooms): void {
  app.get('/oauth/authorize', { config: { strava: { kind: 'authorize' } } }, authorizePage(rooms))
  for (const path of ['/oauth/token', '/api/v3/oauth/token']) {
    app.post(path, { config: { strava: { kind: 'token' } } }, token(rooms))
  }
  app.post(
    '/oauth/deauthorize',
    { config: { strava: { kind: 'deauthorize', counting: 'read' } } },
    deauthorize(rooms),
  )
  app.post('/oauth/revoke', { config: { strava: { kind: 'revoke' } } }, revoke(rooms))
}
