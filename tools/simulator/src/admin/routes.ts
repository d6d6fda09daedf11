import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { ActivityChangesSchema, ActivityDraftSchema, AthleteOptionsSchema } from '../athletes/schemas.ts'
import { DuplicateAthleteError, InvalidDateError, UnknownRecordError } from '../errors.ts'
import { FaultSchema } from '../faults/schemas.ts'
import { StravaIdSchema } from '../ids.ts'
import { RateNumbersSchema } from '../limits/schemas.ts'
import { SavedGrantsSchema, ScopeSchema } from '../oauth/schemas.ts'
import { ClockSettingSchema, SettingsChangesSchema } from '../settings.ts'
import { CustomEventSchema, WebhookFaultSchema } from '../webhooks/schemas.ts'
import type { SimulatorAdmin } from './simulator-admin.ts'

const params = Type.Object({ id: StravaIdSchema })
const representationParams = Type.Object({
  id: StravaIdSchema,
  representation: Type.Union([Type.Literal('summary'), Type.Literal('detailed')]),
})
const faultParams = Type.Object({ id: Type.String() })
const authorizeBody = Type.Object(
  { scopes: Type.Optional(Type.Array(ScopeSchema)) },
  { additionalProperties: false },
)
const moveBody = Type.Object({ athleteId: StravaIdSchema }, { additionalProperties: false })
const advanceBody = Type.Object({ milliseconds: Type.Number() }, { additionalProperties: false })
const expireBody = Type.Object({ athleteId: Type.Optional(StravaIdSchema) }, { additionalProperties: false })
const subscriptionBody = Type.Object(
  { callbackUrl: Type.String({ minLength: 1 }), id: Type.Optional(Type.Integer({ minimum: 1 })) },
  { additionalProperties: false },
)

type AdminApp = ReturnType<typeof typed>

function typed(app: FastifyInstance) {
  return app.withTypeProvider<TypeBoxTypeProvider>()
}

/** Admin errors as problem details (RFC 9457). */
function renderProblem(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = statusOf(error)
  if (status === 500) request.log.error(error)
  const detail = status === 500 ? 'see the log' : error.message
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title: error.name, status, detail })
}

function statusOf(error: FastifyError): number {
  if (error instanceof UnknownRecordError) return 404
  if (error instanceof DuplicateAthleteError) return 409
  if (error instanceof InvalidDateError) return 400
  return error.statusCode ?? 500
}

function athleteRoutes(app: AdminApp, admin: SimulatorAdmin): void {
  app.post('/athletes', { schema: { body: AthleteOptionsSchema } }, async (request, reply) =>
    reply.code(201).send(admin.createAthlete(request.body)),
  )
  app.get('/athletes', async () => admin.athletes())
  app.get('/athletes/:id', { schema: { params } }, async ({ params: { id } }) => admin.athlete(id))
  app.get('/athletes/:id/activities', { schema: { params } }, async ({ params: { id } }) =>
    admin.activities(id),
  )
  app.post(
    '/athletes/:id/activities',
    { schema: { params, body: ActivityDraftSchema } },
    async ({ params: { id }, body }, reply) => reply.code(201).send(admin.createActivity(id, body)),
  )
  app.post(
    '/athletes/:id/authorize',
    { schema: { params, body: authorizeBody } },
    async ({ params: { id }, body }) => admin.authorizeAthlete(id, body.scopes),
  )
  app.post('/athletes/:id/deauthorize', { schema: { params } }, async ({ params: { id } }, reply) => {
    admin.deauthorizeAthlete(id)
    return reply.code(204).send()
  })
  app.get('/grants', async () => admin.saveGrants())
  app.put('/grants', { schema: { body: SavedGrantsSchema } }, async ({ body }, reply) => {
    admin.restoreGrants(body)
    return reply.code(204).send()
  })
  app.post('/tokens/expire', { schema: { body: expireBody } }, async ({ body }, reply) => {
    admin.expireAccessTokens(body.athleteId)
    return reply.code(204).send()
  })
}

function activityRoutes(app: AdminApp, admin: SimulatorAdmin): void {
  app.get('/activities/:id', { schema: { params } }, async ({ params: { id } }) => admin.activity(id))
  app.get(
    '/activities/:id/:representation',
    { schema: { params: representationParams } },
    async ({ params: { id, representation } }, reply) =>
      reply.type('application/json; charset=utf-8').send(admin.activityText(id, representation)),
  )
  app.patch(
    '/activities/:id',
    { schema: { params, body: ActivityChangesSchema } },
    async ({ params: { id }, body }) => admin.updateActivity(id, body),
  )
  app.post('/activities/:id/hide', { schema: { params } }, async ({ params: { id } }) =>
    admin.hideActivity(id),
  )
  app.post('/activities/:id/unhide', { schema: { params } }, async ({ params: { id } }) =>
    admin.unhideActivity(id),
  )
  app.post('/activities/:id/move', { schema: { params, body: moveBody } }, async ({ params: { id }, body }) =>
    admin.moveActivity(id, body.athleteId),
  )
  app.delete('/activities/:id', { schema: { params } }, async ({ params: { id } }, reply) => {
    admin.deleteActivity(id)
    return reply.code(204).send()
  })
}

function limitRoutes(app: AdminApp, admin: SimulatorAdmin): void {
  app.get('/limits', async () => admin.limits())
  app.put('/limits', { schema: { body: RateNumbersSchema } }, async ({ body }) => {
    admin.setLimits(body)
    return admin.limits()
  })
  app.get('/usage', async () => admin.usage())
  app.put('/usage', { schema: { body: RateNumbersSchema } }, async ({ body }) => {
    admin.setUsage(body)
    return admin.usage()
  })
  const clock = () => ({ now: admin.now(), iso: new Date(admin.now()).toISOString() })
  app.get('/clock', async () => clock())
  app.put('/clock', { schema: { body: ClockSettingSchema } }, async ({ body }) => {
    admin.setClock(body)
    return clock()
  })
  app.post('/clock/advance', { schema: { body: advanceBody } }, async ({ body }) => {
    admin.advanceClock(body.milliseconds)
    return clock()
  })
  app.get('/settings', async () => admin.settings())
  app.patch('/settings', { schema: { body: SettingsChangesSchema } }, async ({ body }) =>
    admin.configure(body),
  )
}

function faultRoutes(app: AdminApp, admin: SimulatorAdmin): void {
  app.get('/faults', async () => admin.faults())
  app.post('/faults', { schema: { body: FaultSchema } }, async ({ body }, reply) =>
    reply.code(201).send(admin.addFault(body)),
  )
  app.delete('/faults', async (_request, reply) => {
    admin.clearFaults()
    return reply.code(204).send()
  })
  app.delete('/faults/:id', { schema: { params: faultParams } }, async ({ params: { id } }, reply) => {
    admin.removeFault(id)
    return reply.code(204).send()
  })
  app.get('/webhook-faults', async () => admin.webhookFaults())
  app.post('/webhook-faults', { schema: { body: WebhookFaultSchema } }, async ({ body }, reply) =>
    reply.code(201).send(admin.addWebhookFault(body)),
  )
  app.delete('/webhook-faults', async (_request, reply) => {
    admin.clearWebhookFaults()
    return reply.code(204).send()
  })
}

function webhookRoutes(app: AdminApp, admin: SimulatorAdmin): void {
  app.get('/subscription', async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(admin.subscription())),
  )
  app.put('/subscription', { schema: { body: subscriptionBody } }, async ({ body }) =>
    admin.setSubscription(body),
  )
  app.delete('/subscription', async (_request, reply) => {
    admin.setSubscription(null)
    return reply.code(204).send()
  })
  app.post('/events', { schema: { body: CustomEventSchema } }, async ({ body }, reply) => {
    admin.sendEvent(body)
    return reply.code(202).send()
  })
  app.get('/deliveries', async () => admin.deliveries())
  app.post('/idle', async (_request, reply) => {
    await admin.idle()
    return reply.code(204).send()
  })
}

function counterRoutes(app: AdminApp, admin: SimulatorAdmin): void {
  app.get('/counters', async () => admin.counters())
  app.delete('/counters', async (_request, reply) => {
    admin.resetCounters()
    return reply.code(204).send()
  })
  app.get('/calls', async () => admin.calls())
  app.post('/reset', async (_request, reply) => {
    admin.reset()
    return reply.code(204).send()
  })
}

/** The admin over HTTP: the same operations as in process, JSON in and out. */
export function adminRoutes(scope: FastifyInstance, admin: SimulatorAdmin): void {
  const app = typed(scope)
  app.setErrorHandler(renderProblem)
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .type('application/problem+json')
      .send({ type: 'about:blank', title: 'Not Found', status: 404, detail: `no ${request.method} here` }),
  )
  athleteRoutes(app, admin)
  activityRoutes(app, admin)
  limitRoutes(app, admin)
  faultRoutes(app, admin)
  webhookRoutes(app, admin)
  counterRoutes(app, admin)
}
