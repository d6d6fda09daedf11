import type { FastifyInstance } from 'fastify'
import type { SimulatorState } from '../simulator-state.ts'
import { authorizePage } from './authorize.ts'
import { deauthorize, revoke } from './revoke.ts'
import { token } from './token.ts'

/** Sign-in, tokens and their end. */
export function oauthRoutes(app: FastifyInstance, state: SimulatorState): void {
  app.get('/oauth/authorize', { config: { strava: { kind: 'authorize' } } }, authorizePage(state))
  for (const path of ['/oauth/token', '/api/v3/oauth/token']) {
    app.post(path, { config: { strava: { kind: 'token' } } }, token(state))
  }
  app.post(
    '/oauth/deauthorize',
    { config: { strava: { kind: 'deauthorize', counting: 'read' } } },
    deauthorize(state),
  )
  app.post('/oauth/revoke', { config: { strava: { kind: 'revoke' } } }, revoke(state))
}
