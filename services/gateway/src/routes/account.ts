import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AthleteSchema, ImportStatusSchema, type StravaId } from '@ikigai/contracts'
import type { SessionCookie } from '@ikigai/sessions'
import { Type } from 'typebox'
import { described, READING_PROBLEMS, SESSION_PROBLEMS } from '../api-docs/describe.ts'
import { allowing } from '../apps/scopes.ts'
import type { Reads } from '../reads/reads.ts'
import type { RevocationFeed } from '../sessions/revocation-feed.ts'
import { athleteOf } from './personal.ts'
import { authUnavailable, signInNeeded } from './problems.ts'

/** What the account's routes stand on. */
export interface AccountRoutesOptions {
  readonly reads: Pick<Reads, 'athlete' | 'import'>
  readonly feed: Pick<RevocationFeed, 'refresh'>
  readonly cookie: SessionCookie
  /** Erases the athlete and revokes his grant; `unavailable` when nothing of it was done. */
  readonly disconnect: (athleteId: StravaId) => Promise<'done' | 'unavailable'>
}

/** No body belongs there; what comes of one that cannot be read. */
const BODY_PROBLEMS = ['bad-request', 'content-too-large', 'unsupported-media-type'] as const

const tags = ['Account']

/** The athlete himself: who he is, where his import stands, and the way out. */
export const accountRoutes =
  ({ reads, feed, cookie, disconnect }: AccountRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/me',
      {
        config: {
          scopes: ['account:read'],
          problems: [...READING_PROBLEMS, 'insufficient-scope'],
          conditional: true,
        },
        schema: {
          tags,
          security: allowing('account:read'),
          operationId: 'getMe',
          summary: 'Who I am',
          description: 'The athlete whose session it is, and what he allows.',
          response: { 200: described(AthleteSchema, 'The athlete') },
        },
      },
      async (request) => {
        const athlete = await reads.athlete(athleteOf(request))
        if (athlete === undefined) throw signInNeeded()
        return athlete
      },
    )

    app.get(
      '/v1/import',
      {
        config: {
          scopes: ['activities:read'],
          problems: [...READING_PROBLEMS, 'insufficient-scope'],
          conditional: true,
        },
        schema: {
          tags,
          security: allowing('activities:read'),
          operationId: 'getImport',
          summary: 'Where the import of my history stands',
          description: 'How far it is, how long it still takes, and what it waits for, why and until when.',
          response: { 200: described(ImportStatusSchema, 'The import') },
        },
      },
      async (request) => {
        const status = await reads.import(athleteOf(request))
        if (status === undefined) throw signInNeeded()
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
            'Erases everything of the athlete, revokes the grant at Strava and ends all sessions. It cannot be undone; ' +
            'whoever signs in again starts anew. With a cookie it works from our own pages only.',
          response: { 204: described(Type.Null(), 'Everything is erased') },
        },
      },
      async (request, reply) => {
        const outcome = await disconnect(athleteOf(request))
        if (outcome === 'unavailable') throw authUnavailable()
        // The sessions have ended; this gateway need not wait for the message that says so.
        await feed.refresh().catch(() => {})
        reply.clearCookie(cookie.name, cookie.options)
        return reply.code(204).send(null)
      },
    )
  }
