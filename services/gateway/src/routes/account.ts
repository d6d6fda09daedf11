import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AthleteSchema, ImportStatusSchema, type StravaId } from '@ikigai/contracts'
import type { SessionCookie } from '@ikigai/sessions'
import { Type } from 'typebox'
import { BODY_PROBLEMS, described, READ_PROBLEMS, SESSION_PROBLEMS } from '../api-docs/describe.ts'
import { allowing } from '../apps/scopes.ts'
import { authUnavailable, disconnected } from '../problems.ts'
import type { Queries } from '../queries/queries.ts'
import { athleteOf } from '../sessions/authentication.ts'
import type { RevocationFeed } from '../sessions/revocation-feed.ts'

/** Makes a browser drop a cookie. */
const ENDED = { expires: new Date(0), maxAge: 0 }

/** Dependencies of the account routes. */
export interface AccountRoutesOptions {
  readonly queries: Pick<Queries, 'athlete' | 'import'>
  readonly feed: Pick<RevocationFeed, 'refresh'>
  readonly cookie: SessionCookie
  /** Erases the athlete and revokes the grant; `unavailable`: nothing was done. */
  readonly disconnect: (athleteId: StravaId) => Promise<'done' | 'unavailable'>
}

const tags = ['Account']

/** Profile, import status and disconnecting. */
export const accountRoutes =
  ({ queries, feed, cookie, disconnect }: AccountRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/me',
      {
        config: {
          scopes: ['account:read'],
          problems: [...READ_PROBLEMS, 'insufficient-scope'],
          conditional: true,
        },
        schema: {
          tags,
          security: allowing('account:read'),
          operationId: 'getMe',
          summary: 'Get my profile',
          description: 'The signed-in athlete and the granted scopes.',
          response: { 200: described(AthleteSchema, 'The athlete') },
        },
      },
      async (request) => {
        const athlete = await queries.athlete(athleteOf(request))
        if (athlete === undefined) throw disconnected()
        return athlete
      },
    )

    app.get(
      '/v1/import',
      {
        config: {
          scopes: ['activities:read'],
          problems: [...READ_PROBLEMS, 'insufficient-scope'],
          conditional: true,
        },
        schema: {
          tags,
          security: allowing('activities:read'),
          operationId: 'getImport',
          summary: 'Get the status of my import',
          description: 'Progress, estimated completion, and the reason and end of a wait.',
          response: { 200: described(ImportStatusSchema, 'The import') },
        },
      },
      async (request) => {
        const status = await queries.import(athleteOf(request))
        if (status === undefined) throw disconnected()
        return status
      },
    )

    app.delete(
      '/v1/me',
      {
        config: {
          scopes: ['account:delete'],
          problems: [
            ...SESSION_PROBLEMS,
            ...BODY_PROBLEMS,
            'insufficient-scope',
            'cross-origin',
            'auth-unavailable',
          ],
        },
        schema: {
          tags,
          security: allowing('account:delete'),
          operationId: 'disconnect',
          summary: 'Disconnect',
          description:
            'Erases all data of the athlete, revokes the grant at Strava and ends all sessions. This cannot be undone. ' +
            "With a cookie it works only from ikigai's own pages.",
          response: { 204: described(Type.Null(), 'All data is erased') },
        },
      },
      async (request, reply) => {
        const outcome = await disconnect(athleteOf(request))
        if (outcome === 'unavailable') throw authUnavailable()
        // Makes this gateway reject the ended sessions before the revocation message arrives.
        await feed.refresh().catch(() => {})
        reply.header(
          'set-cookie',
          reply.server.serializeCookie(cookie.name, '', { ...cookie.options, ...ENDED }),
        )
        return reply.code(204).send(null)
      },
    )
  }
