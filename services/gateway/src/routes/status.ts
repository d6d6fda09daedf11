import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { QuotaStatusSchema } from '@ikigai/contracts'
import { described } from '../api-docs/describe.ts'
import type { Reads } from '../reads/reads.ts'

/** How much of Strava's limits is spent: for everybody, because it holds nothing personal. */
export const statusRoutes =
  (reads: Pick<Reads, 'quota'>): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/status',
      {
        config: { problems: ['too-many-requests', 'internal'], conditional: true },
        schema: {
          operationId: 'getStatus',
          tags: ['Service'],
          summary: "How much of Strava's limits is spent",
          description:
            'The limits and what is used of them now and over the last 24 hours, what each kind of work waits for and ' +
            "until when, and Strava's own state as its answers show it. At most a second old.",
          security: [],
          response: { 200: described(QuotaStatusSchema, 'The state of the service') },
        },
      },
      async (_request, reply) => {
        reply.header('cache-control', 'no-cache')
        return reads.quota()
      },
    )
  }
