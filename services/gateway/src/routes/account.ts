import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ask, type Bus, INTERNAL_API, RequestError } from '@ikigai/bus'
import { AthleteSchema, ImportStatusSchema } from '@ikigai/contracts'
import type { SessionCookie } from '@ikigai/sessions'
import { Type } from 'typebox'
import type { Reads } from '../reads/reads.ts'
import type { RevocationFeed } from '../sessions/revocation-feed.ts'
import { athleteOf } from './personal.ts'
import { authUnavailable, signInNeeded } from './problems.ts'

/** What the account's routes stand on. */
export interface AccountRoutesOptions {
  readonly reads: Reads
  readonly bus: Bus
  readonly feed: Pick<RevocationFeed, 'refresh'>
  readonly cookie: SessionCookie
}

/** Disconnecting includes a call of Strava. */
const DISCONNECT_TIMEOUT_MS = 15_000

/** The athlete himself: who he is, where his import stands, and the way out. */
export const accountRoutes =
  ({ reads, bus, feed, cookie }: AccountRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/me', { schema: { response: { 200: AthleteSchema } } }, async (request) => {
      const athlete = await reads.athlete(athleteOf(request))
      if (athlete === undefined) throw signInNeeded()
      return athlete
    })

    app.get('/v1/import', { schema: { response: { 200: ImportStatusSchema } } }, async (request) => {
      const status = await reads.import(athleteOf(request))
      if (status === undefined) throw signInNeeded()
      return status
    })

    app.delete('/v1/me', { schema: { response: { 204: Type.Null() } } }, async (request, reply) => {
      const athlete = { athlete_id: athleteOf(request) }
      try {
        await ask(bus, INTERNAL_API.athleteDisconnect, athlete, DISCONNECT_TIMEOUT_MS)
      } catch (error) {
        if (!(error instanceof RequestError)) throw error
        request.log.warn({ err: error }, 'disconnecting failed')
        // Somebody else may just have done it, in another window.
        if (error.body.code !== 'not_found') throw authUnavailable()
      }
      // The sessions have ended; this gateway need not wait for the message that says so.
      await feed.refresh().catch(() => {})
      reply.clearCookie(cookie.name, cookie.options)
      return reply.code(204).send(null)
    })
  }
