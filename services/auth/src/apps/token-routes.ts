import { Problem, problemOf } from '@ikigai/chassis'
import { appConnections } from '@ikigai/db'
import {
  ACCESS_TOKEN_TTL_MS,
  createAccessTokenMint,
  createAccessTokenVerifier,
  createRevocations,
  TOKEN_PREFIX,
} from '@ikigai/sessions'
import { eq } from 'drizzle-orm'
import type { FastifyError, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { AppsDeps } from './apps-deps.ts'
import { authenticateApp } from './client-authentication.ts'
import { redeem } from './codes.ts'
import { both, type ConnectionWithToken, connectionOfToken, endConnections, rotate } from './connections.ts'
import { type Form, formOf } from './forms.ts'
import { OAuthError } from './oauth-error.ts'

/** The token endpoint (RFC 6749) and the revocation endpoint (RFC 7009). */
export const tokenRoutes =
  (deps: AppsDeps): FastifyPluginAsync =>
  async (app) => {
    const { db, clock, publicUrl, sessionKeys: keys, notifyGateways, logger } = deps
    const mint = createAccessTokenMint({ keys, publicUrl })
    const verifier = createAccessTokenVerifier({
      keys,
      publicUrl,
      clock,
      revocations: createRevocations({ clock }),
    })
    app.setErrorHandler(answerOAuthError)
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' })
    })

    app.post('/auth/token', async (request, reply) => {
      const form = formOf(request.body)
      const { id: appId } = await authenticateApp(db, request.headers.authorization, form)
      checkResource(form)
      switch (form.get('grant_type')) {
        case 'authorization_code':
          return reply.send(await tokensOf(await fromCode(appId, form)))
        case 'refresh_token': {
          const narrowedTo = form.get('scope')?.split(' ')
          return reply.send(await tokensOf(await fromRefreshToken(appId, form, narrowedTo), narrowedTo))
        }
        case undefined:
          throw new OAuthError('invalid_request', 'grant_type is missing.')
        default:
          throw new OAuthError('unsupported_grant_type', 'Use authorization_code or refresh_token.')
      }
    })

    app.post('/auth/revoke', async (request, reply) => {
      const form = formOf(request.body)
      const { id: appId } = await authenticateApp(db, request.headers.authorization, form)
      const token = form.get('token')
      if (token === undefined) throw new OAuthError('invalid_request', 'token is missing.')
      const connectionId = token.startsWith(TOKEN_PREFIX.access)
        ? (await verifier.verify(token))?.sid
        : await connectionOfToken(db, token)
      if (connectionId !== undefined) {
        const which = both(eq(appConnections.id, connectionId), eq(appConnections.appId, appId))
        await db.transaction((tx) => endConnections(tx, which, new Date(clock.now())))
        notifyGateways()
      }
      // An unknown token is answered like a revoked one (RFC 7009, 2.2).
      return reply.code(200).send()
    })

    async function fromCode(appId: string, form: Form): Promise<ConnectionWithToken> {
      const [code, verifier] = [form.get('code'), form.get('code_verifier')]
      if (code === undefined || verifier === undefined || !/^[A-Za-z0-9._~-]{43,128}$/.test(verifier))
        throw new OAuthError('invalid_request', 'code and code_verifier are required.')
      const now = new Date(clock.now())
      const made = await redeem(db, { code, appId, verifier, redirectUri: form.get('redirect_uri'), now })
      if (made !== undefined) return made
      logger.warn({ appId }, 'authorization code refused')
      notifyGateways()
      throw new OAuthError(
        'invalid_grant',
        'The code is unknown, used, expired, or does not belong to this app and verifier.',
      )
    }

    async function fromRefreshToken(appId: string, form: Form, narrowedTo: readonly string[] | undefined) {
      const token = form.get('refresh_token')
      if (token === undefined) throw new OAuthError('invalid_request', 'refresh_token is missing.')
      const rotation = await rotate(db, { token, appId, narrowedTo, now: new Date(clock.now()) })
      if (typeof rotation !== 'string') return rotation
      if (rotation === 'replayed') {
        logger.warn({ appId }, 'refresh token used twice; its connection has been ended')
        notifyGateways()
      }
      throw new OAuthError(
        'invalid_grant',
        'The refresh token is unknown, used or expired. The athlete must sign in again.',
      )
    }

    async function tokensOf(
      { connection, refreshToken }: ConnectionWithToken,
      narrowedTo?: readonly string[],
    ) {
      const { id: sid, appId, athleteId } = connection
      const scopes = narrowedTo ?? connection.scopes
      const issuedAtMs = clock.now()
      const expiresAtMs = issuedAtMs + ACCESS_TOKEN_TTL_MS
      const token = await mint.mint({ athleteId, sid, appId, scopes, issuedAtMs, expiresAtMs })
      return {
        access_token: token,
        token_type: 'Bearer',
        expires_in: ACCESS_TOKEN_TTL_MS / 1_000,
        refresh_token: refreshToken,
        scope: scopes.join(' '),
      }
    }

    function checkResource(form: Form): void {
      const resource = form.get('resource')
      if (resource !== undefined && resource !== publicUrl && resource !== `${publicUrl}/`)
        throw new OAuthError('invalid_target', `The resource must be ${publicUrl}.`)
    }
  }

/** Answers every error in the form of RFC 6749, 5.2. */
function answerOAuthError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error instanceof OAuthError) {
    if (error.statusCode === 401) reply.header('www-authenticate', 'Basic realm="ikigai"')
    return reply.code(error.statusCode).send({ error: error.code, error_description: error.message })
  }
  if (error instanceof Problem) reply.headers(error.headers)
  const status = 'statusCode' in error && error.statusCode !== undefined ? error.statusCode : 500
  if (status >= 500) {
    request.log.error({ err: error }, 'request failed')
    return reply.code(500).send({ error: 'server_error', error_description: problemOf(500).detail })
  }
  return reply.code(status).send({ error: 'invalid_request', error_description: problemOf(status).detail })
}
