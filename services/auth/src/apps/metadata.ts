import { API_SCOPES } from '@ikigai/contracts'
import type { FastifyPluginAsync } from 'fastify'

/** The authorization server's metadata (RFC 8414). */
export const metadataOf = (publicUrl: string) => ({
  issuer: publicUrl,
  authorization_endpoint: `${publicUrl}/auth/authorize`,
  token_endpoint: `${publicUrl}/auth/token`,
  revocation_endpoint: `${publicUrl}/auth/revoke`,
  scopes_supported: API_SCOPES,
  response_types_supported: ['code'],
  response_modes_supported: ['query'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
  revocation_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
  service_documentation: `${publicUrl}/docs`,
})

/** `/auth/metadata`. The gateway serves it at `/.well-known/oauth-authorization-server`. Pages of any origin may read it. */
export const metadataRoute =
  (publicUrl: string): FastifyPluginAsync =>
  async (app) => {
    const document = metadataOf(publicUrl)
    app.get('/auth/metadata', async (_request, reply) =>
      reply
        .headers({
          'cache-control': 'public, max-age=3600',
          'access-control-allow-origin': '*',
          'cross-origin-resource-policy': 'cross-origin',
        })
        .send(document),
    )
  }
