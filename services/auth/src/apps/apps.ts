import type { FastifyPluginAsync } from 'fastify'
import type { AppsDeps } from './apps-deps.ts'
import { authorizeRoutes } from './authorize-routes.ts'
import { acceptForms } from './forms.ts'
import { metadataRoute } from './metadata.ts'
import { tokenRoutes } from './token-routes.ts'

/**
 * ikigai's authorization server, OAuth 2.1: the authorization code with PKCE, refresh tokens that rotate, revocation.
 * docs/apps.md is its manual; docs/decisions/0032-authorization-server.md explains why no library is used.
 */
export const appsRoutes =
  (deps: AppsDeps): FastifyPluginAsync =>
  async (app) => {
    acceptForms(app)
    await app.register(metadataRoute(deps.publicUrl))
    await app.register(authorizeRoutes(deps))
  }

/** The endpoints that apps call themselves: token and revocation. An app's server calls them for all of its athletes. */
export const appTokenRoutes =
  (deps: AppsDeps): FastifyPluginAsync =>
  async (app) => {
    acceptForms(app)
    await app.register(tokenRoutes(deps))
  }
