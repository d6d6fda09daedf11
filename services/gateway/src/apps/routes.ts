import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  ConnectedAppsSchema,
  CreatedPersonalTokenSchema,
  NewPersonalTokenSchema,
  PersonalTokensSchema,
} from '@ikigai/contracts'
import type { Db } from '@ikigai/db'
import { Type } from 'typebox'
import { BODY_PROBLEMS, described, READ_PROBLEMS, SESSION, SESSION_PROBLEMS } from '../api-docs/describe.ts'
import { athleteOf } from '../sessions/authentication.ts'
import type { RevocationFeed } from '../sessions/revocation-feed.ts'
import type { AccessRequests } from './access-requests.ts'
import { connectedApps, personalTokensOf } from './queries.ts'
import { allowing } from './scopes.ts'

/** Dependencies of these routes. */
export interface AccessRoutesOptions {
  readonly db: Db
  readonly clock: { now(): number }
  readonly requests: AccessRequests
  readonly feed: Pick<RevocationFeed, 'refresh'>
}

const tags = ['Access']
const IdParams = Type.Object(
  { id: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9_-]+$' }) },
  { additionalProperties: false },
)
/** Problems of operations that require the athlete's own session. */
const OWN_PROBLEMS = ['insufficient-scope', 'cross-origin', 'auth-unavailable'] as const

/** Routes to list and end the apps and tokens that may act for the athlete, and to create tokens. */
export const accessRoutes =
  ({ db, clock, requests, feed }: AccessRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    const now = () => new Date(clock.now())
    /** Rejects the ended tokens in this gateway at once, without waiting for the broadcast. */
    const loadRevocations = () => feed.refresh().catch(() => {})

    app.get(
      '/v1/me/apps',
      {
        config: { problems: [...READ_PROBLEMS, 'insufficient-scope'], scopes: ['account:read'] },
        schema: {
          tags,
          security: allowing('account:read'),
          operationId: 'listApps',
          summary: 'Connected apps',
          description: 'The apps that the athlete has connected, and the scopes of each.',
          response: { 200: described(ConnectedAppsSchema, 'The apps') },
        },
      },
      async (request) => ({ data: await connectedApps(db, athleteOf(request), now()) }),
    )

    app.delete(
      '/v1/me/apps/:id',
      {
        config: { problems: [...SESSION_PROBLEMS, ...BODY_PROBLEMS, 'uri-too-long', ...OWN_PROBLEMS] },
        schema: {
          tags,
          security: SESSION,
          operationId: 'disconnectApp',
          summary: 'Disconnect an app',
          description:
            "Ends the app's connections and tokens for the athlete at once. Requires the athlete's own session.",
          params: IdParams,
          response: { 204: described(Type.Null(), 'The app is disconnected') },
        },
      },
      async (request, reply) => {
        await requests.disconnectApp(athleteOf(request), request.params.id)
        await loadRevocations()
        return reply.code(204).send(null)
      },
    )

    app.get(
      '/v1/me/tokens',
      {
        config: { problems: [...READ_PROBLEMS, 'insufficient-scope'], scopes: ['account:read'] },
        schema: {
          tags,
          security: allowing('account:read'),
          operationId: 'listTokens',
          summary: 'Personal access tokens',
          description: 'The unexpired tokens, without their secret values.',
          response: { 200: described(PersonalTokensSchema, 'The tokens') },
        },
      },
      async (request) => ({ data: await personalTokensOf(db, athleteOf(request), now()) }),
    )

    app.post(
      '/v1/me/tokens',
      {
        config: { problems: [...SESSION_PROBLEMS, ...BODY_PROBLEMS, ...OWN_PROBLEMS, 'too-many-tokens'] },
        schema: {
          tags,
          security: SESSION,
          operationId: 'createToken',
          summary: 'Create a personal access token',
          description:
            "For the athlete's own scripts. The answer contains the token, which is not shown again. Requires the athlete's own session.",
          body: NewPersonalTokenSchema,
          response: { 201: described(CreatedPersonalTokenSchema, 'The token') },
        },
      },
      async (request, reply) =>
        reply.code(201).send(await requests.createToken(athleteOf(request), request.body)),
    )

    app.delete(
      '/v1/me/tokens/:id',
      {
        config: { problems: [...SESSION_PROBLEMS, ...BODY_PROBLEMS, 'uri-too-long', ...OWN_PROBLEMS] },
        schema: {
          tags,
          security: SESSION,
          operationId: 'endToken',
          summary: 'End a personal access token',
          description: "The token is rejected at once. Requires the athlete's own session.",
          params: IdParams,
          response: { 204: described(Type.Null(), 'The token has ended') },
        },
      },
      async (request, reply) => {
        await requests.endToken(athleteOf(request), request.params.id)
        await loadRevocations()
        return reply.code(204).send(null)
      },
    )
  }
