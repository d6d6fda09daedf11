import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { described } from '../api-docs/describe.ts'
import type { Queries } from '../queries/queries.ts'
import { ServiceStatusSchema } from '../queries/schemas.ts'

/** `GET /v1/status`: public, because it contains nothing personal. */
export const statusRoutes =
  (queries: Pick<Queries, 'status'>): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/status',
      {
        config: { problems: ['too-many-requests', 'unavailable', 'internal'], conditional: true },
        schema: {
          operationId: 'getStatus',
          tags: ['Service'],
          summary: 'Get the state of the service',
          description:
            'The limits and their usage, now and over the last 24 hours; for each lane the reason and end of its wait; ' +
            "Strava's state as its answers show it; and who can make an account. At most a second old.",
          security: [],
          response: { 200: described(ServiceStatusSchema, 'The state of the service') },
        },
      },
      async (_request, reply) => {
        reply.header('cache-control', 'no-cache')
        return queries.status()
      },
    )
  }
