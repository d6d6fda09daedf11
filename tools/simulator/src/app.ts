import formbody from '@fastify/formbody'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import { adminRoutes } from './admin/routes.ts'
import type { SimulatorAdmin } from './admin/simulator-admin.ts'
import { apiRoutes } from './api/routes.ts'
import { pathNotFound } from './api/strava-fault.ts'
import { admit } from './http/admission.ts'
import { finish, renderError } from './http/answers.ts'
import { acceptStravaBodies } from './http/parameters.ts'
import { oauthRoutes } from './oauth/routes.ts'
import type { SimulatorOptions } from './options.ts'
import type { SimulatorState } from './simulator-state.ts'
import { subscriptionRoutes } from './webhooks/routes.ts'

/** Everything that Strava itself would answer, one gate before it. */
async function strava(app: FastifyInstance, state: SimulatorState): Promise<void> {
  app.decorateRequest('stravaCall', null)
  acceptStravaBodies(app)
  await app.register(formbody)
  app.addHook('preHandler', (request, reply) => admit(state, request, reply))
  app.addHook('onSend', (request, reply, payload) => finish(state, request, reply, payload))
  app.setErrorHandler(renderError)
  app.setNotFoundHandler(() => {
    throw pathNotFound()
  })
  oauthRoutes(app, state)
  apiRoutes(app, state)
  subscriptionRoutes(app, state)
}

/** Builds the HTTP server: Strava's routes, and the admin's below `/simulator`. */
export async function buildApp(
  state: SimulatorState,
  admin: SimulatorAdmin,
  logger: SimulatorOptions['logger'],
): Promise<FastifyInstance> {
  const app = Fastify({
    ...(logger === undefined ? { logger: false } : { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    bodyLimit: 1024 * 1024,
    routerOptions: { ignoreTrailingSlash: true },
  })
  app.setValidatorCompiler(TypeBoxValidatorCompiler)
  app.get('/healthz', async () => ({ status: 'ok' }))
  await app.register(async (scope) => adminRoutes(scope, admin), { prefix: '/simulator' })
  await app.register(async (scope) => strava(scope, state))
  return app
}
