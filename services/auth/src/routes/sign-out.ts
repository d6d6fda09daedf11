import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Clock, Problem, wantsHtml } from '@ikigai/chassis'
import type { Db } from '@ikigai/db'
import type { RingKey } from '@ikigai/keyring'
import {
  comesFromOwnPages,
  createRevocations,
  createSessionVerifier,
  readSessionToken,
  type Session,
  type SessionCookie,
} from '@ikigai/sessions'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { acceptForms } from '../apps/forms.ts'
import { revocationLookup } from '../sign-out/revocation-lookup.ts'
import type { SessionRevoker } from '../sign-out/session-revoker.ts'
import { signOutEverywhere } from '../sign-out/sign-out-everywhere.ts'

export interface SignOutDeps {
  readonly db: Db
  readonly revoker: SessionRevoker
  readonly sessionCookie: SessionCookie
  readonly sessionKeys: readonly RingKey[]
  readonly publicUrl: string
  readonly clock: Clock
}

/**
 * `POST /auth/logout` revokes the request's session on every gateway. `POST /auth/logout/everywhere` revokes all of the
 * athlete's; with the form field `apps=true` it ends the connections of apps and the personal access tokens as well. Both do
 * nothing without a session.
 */
export const signOutRoutes =
  (deps: SignOutDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { db, revoker, sessionCookie, sessionKeys: keys, publicUrl, clock } = deps
    // Revocations are not consulted: revoking a session twice does no harm.
    const verifier = createSessionVerifier({ keys, clock, revocations: createRevocations({ clock }) })
    const isRevoked = revocationLookup(db)
    acceptForms(app)

    app.post('/auth/logout', async (request, reply) => {
      const session = await sessionOf(request)
      if (session !== undefined) await revoker.revoke(session)
      return answer(request, reply)
    })

    app.post('/auth/logout/everywhere', async (request, reply) => {
      const session = await sessionOf(request)
      // A session that has ended, perhaps because it was stolen, must not end the others.
      if (session !== undefined && !(await isRevoked(session))) {
        const withApps = request.body instanceof URLSearchParams && request.body.get('apps') === 'true'
        await signOutEverywhere(db, session, { now: new Date(clock.now()), withApps })
        revoker.notifyGateways()
      }
      return answer(request, reply)
    })

    async function sessionOf(request: FastifyRequest): Promise<Session | undefined> {
      const { cookies, headers } = request
      const { authorization } = headers
      const presented = readSessionToken({ cookieName: sessionCookie.name, cookies, authorization })
      if (presented?.from === 'cookie' && !comesFromOwnPages(headers, publicUrl)) throw crossSite()
      return presented === undefined ? undefined : await verifier.verify(presented.token)
    }

    function answer(request: FastifyRequest, reply: FastifyReply): FastifyReply {
      reply.clearCookie(sessionCookie.name, sessionCookie.options).header('cache-control', 'no-store')
      return wantsHtml(request) ? reply.redirect('/', 303) : reply.code(204).send()
    }
  }

const crossSite = () =>
  new Problem({
    status: 403,
    slug: 'cross-site-request',
    title: 'Request from another site',
    detail: 'You can sign out only from a page of this site.',
  })
