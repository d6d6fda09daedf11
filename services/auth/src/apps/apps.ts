import type { Clock, Logger } from '@ikigai/chassis'
import type { Db } from '@ikigai/db'
import type { RingKey } from '@ikigai/keyring'
import type { SessionCookie } from '@ikigai/sessions'
import type { FastifyPluginAsync } from 'fastify'
import { authorizeRoutes } from './authorize-routes.ts'
import { acceptForms } from './forms.ts'
import { metadataRoute } from './metadata.ts'
import { tokenRoutes } from './token-routes.ts'

/** What the authorization server stands on. */
export interface AppsDeps {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Logger
  /** Issuer, and the audience of every access token: the origin of the API. */
  readonly publicUrl: string
  readonly sessionKeys: readonly RingKey[]
  readonly sessionCookie: SessionCookie
  /** Notifies the gateways that a revocation was recorded. */
  readonly notifyGateways: () => void
}

/**
 * ikigai's authorization server, OAuth 2.1: the authorization code with PKCE, refresh tokens that rotate, revocation.
 * docs/apps.md is its manual, docs/decisions/0032-authorization-server.md says why it is written here.
 */
export const appsRoutes =
  (deps: AppsDeps): FastifyPluginAsync =>
  async (app) => {
    acceptForms(app)
    await app.register(metadataRoute(deps.publicUrl))
    await app.register(authorizeRoutes(deps))
  }

/** The endpoints that apps call themselves, a server for all of its athletes. */
export const appTokenRoutes =
  (deps: AppsDeps): FastifyPluginAsync =>
  async (app) => {
    acceptForms(app)
    await app.register(tokenRoutes(deps))
  }
