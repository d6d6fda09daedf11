import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Clock, Problem, wantsHtml } from '@ikigai/chassis'
import type { RingKey } from '@ikigai/keyring'
import {
  comesFromOwnPages,
  createRevocations,
  createSessionVerifier,
  readSessionToken,
  type SessionCookie,
} from '@ikigai/sessions'
import type { SessionRevoker } from '../sign-out/session-revoker.ts'

/** What signing out needs. */
export interface SignOutDeps {
  readonly revoker: SessionRevoker
  readonly sessionCookie: SessionCookie
  readonly sessionKeys: readonly RingKey[]
  readonly publicUrl: string
  readonly clock: Clock
}

/** Ends the session that the request presents, on every gateway; without one there is nothing to do. */
export const signOutRoutes =
  (deps: SignOutDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { revoker, sessionCookie, sessionKeys: keys, publicUrl, clock } = deps
    // Ending a session that has ended already does no harm, so nothing is asked about that.
    const verifier = createSessionVerifier({ keys, clock, revocations: createRevocations({ clock }) })
    // A page's form sends this type, and no field that matters.
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      async () => undefined,
    )

    app.post('/auth/logout', async (request, reply) => {
      const presented = readSessionToken({
        cookieName: sessionCookie.name,
        cookies: request.cookies,
        authorization: request.headers.authorization,
      })
      if (presented?.from === 'cookie' && !comesFromOwnPages(request.headers, publicUrl)) throw crossSite()
      const session = presented === undefined ? undefined : await verifier.verify(presented.token)
      if (session !== undefined) await revoker.revoke(session)
      reply.clearCookie(sessionCookie.name, sessionCookie.options).header('cache-control', 'no-store')
      return wantsHtml(request) ? reply.redirect('/', 303) : reply.code(204).send()
    })
  }

const crossSite = () =>
  new Problem({
    status: 403,
    slug: 'cross-site-request',
    title: 'Request from another site',
    detail: 'Signing out works from the pages of this site only.',
  })
