import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { QuotaStatusSchema } from '@ikigai/contracts'
import type { Reads } from '../reads/reads.ts'

/** How much of Strava's limits is spent: for everybody, because it holds nothing personal. */
export const statusRoutes =
  (reads: Reads): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/status', { schema: { response: { 200: QuotaStatusSchema } } }, async (_request, reply) => {
      reply.header('cache-control', 'no-cache')
      return reads.quota()
    })
  }
