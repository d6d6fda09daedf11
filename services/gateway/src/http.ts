import cookies from '@fastify/cookie'
import {
  type Clock,
  createHttp,
  type HttpApp,
  type Logger,
  limitByAddress,
  measureHttp,
  type Registry,
} from '@ikigai/chassis'
import type { Db } from '@ikigai/db'
import { createAccessTokenVerifier, type Revocations, sessionCookie } from '@ikigai/sessions'
import { describeApi } from './api-docs/document.ts'
import { messagesPage } from './api-docs/messages-page.ts'
import { problemPages } from './api-docs/problem-pages.ts'
import { docsPage, documentRoute } from './api-docs/routes.ts'
import type { AccessRequests } from './apps/access-requests.ts'
import type { AppOrigins } from './apps/app-origins.ts'
import { allowAppOrigins } from './apps/cross-origin.ts'
import { createPersonalTokenVerifier } from './apps/personal-token-verifier.ts'
import { accessRoutes } from './apps/routes.ts'
import type { GatewayConfig } from './config.ts'
import type { RunningExports } from './export/running-exports.ts'
import type { LiveHub } from './live/live-hub.ts'
import type { Signals } from './live/signals.ts'
import { compressOnce } from './middleware/compress-once.ts'
import { compressAnswers } from './middleware/compression.ts'
import { answerConditionally } from './middleware/conditional.ts'
import { answerOtherMethods, collectMethods } from './middleware/methods.ts'
import { limitRequests } from './middleware/rate-limit.ts'
import { securityHeaders } from './middleware/security-headers.ts'
import { answerUnknownAddress } from './middleware/unknown-address.ts'
import type { Queries } from './queries/queries.ts'
import { type AccountRoutesOptions, accountRoutes } from './routes/account.ts'
import { activityRoutes } from './routes/activities.ts'
import { authProxy } from './routes/auth-proxy.ts'
import { exportRoutes } from './routes/export.ts'
import { liveRoutes } from './routes/live.ts'
import { staticSite } from './routes/static-site.ts'
import { statusRoutes } from './routes/status.ts'
import { authenticate, decorateWithAuthentication, requireSession } from './sessions/authentication.ts'
import type { RevocationFeed } from './sessions/revocation-feed.ts'
import { createSessionGuard } from './sessions/session-guard.ts'

/** Dependencies of the public HTTP. */
export interface PublicHttpOptions {
  readonly config: GatewayConfig
  readonly logger: Logger
  readonly clock: Pick<Clock, 'now'>
  readonly registry: Registry
  readonly queries: Queries
  readonly revocations: Revocations
  readonly feed: Pick<RevocationFeed, 'isLoaded' | 'refresh'>
  readonly hub: Pick<LiveHub, 'takePlace' | 'open' | 'endAll'>
  readonly exports: RunningExports
  readonly signals: Signals
  readonly disconnect: AccountRoutesOptions['disconnect']
  readonly db: Db
  readonly origins: AppOrigins
  readonly accessRequests: AccessRequests
}

/** The public HTTP: page, API, API documentation and the proxy to auth. It does not listen yet. */
export async function createPublicHttp(options: PublicHttpOptions): Promise<HttpApp> {
  const { config, logger, registry, hub, exports, origins } = options
  const { trustProxy, keepAliveTimeout: keepAliveTimeoutMs } = config
  const answerNotFound = answerUnknownAddress
  const app = createHttp({ logger, trustProxy, keepAliveTimeoutMs, answerNotFound })
  measureHttp(app, registry)
  // close() would wait for open streams.
  app.addHook('preClose', async () => {
    hub.endAll()
    exports.endAll()
  })
  securityHeaders(app, config)
  decorateWithAuthentication(app)
  const limit = { limit: config.apiRateLimit, windowMs: 60_000 }
  await app.register(authProxy(config, origins))
  await app.register(async (open) => {
    limitByAddress(open, limit)
    await open.register(staticSite)
  })
  await compressAnswers(app)
  await describeApi(app, config)
  await app.register(async (open) => {
    limitByAddress(open, limit)
    answerConditionally(open)
    compressOnce(open)
    await open.register(docsPage)
    await open.register(messagesPage)
    await open.register(problemPages)
  })
  await app.register(async (scope) => {
    allowAppOrigins(scope, { origins, methods: ['GET', 'HEAD', 'DELETE'] })
    const known = collectMethods(scope)
    answerConditionally(scope)
    await scope.register(api(options))
    answerOtherMethods(scope, known)
  })
  await app.ready()
  return app
}

/** The documented API. The rate limit counts requests before those without a session are rejected. */
const api = (options: PublicHttpOptions) => async (scope: HttpApp) => {
  const { config, clock, queries, revocations, feed, hub, exports, signals, disconnect, db, accessRequests } =
    options
  const cookie = sessionCookie(config.publicUrl)
  const { sessionKeys: keys, publicUrl } = config
  const accessTokens = createAccessTokenVerifier({ keys, publicUrl, clock, revocations })
  const personalTokens = createPersonalTokenVerifier(db, clock, revocations)
  const guard = createSessionGuard({
    ...{ config, clock, revocations, feed, cookie },
    accessTokens,
    personalTokens,
    hasAccount: async (athleteId) => (await queries.athlete(athleteId)) !== undefined,
  })
  await scope.register(async (open) => {
    limitRequests(open, { perMinute: config.apiRateLimit })
    await open.register(async (documents) => {
      compressOnce(documents)
      await documents.register(documentRoute)
    })
    await open.register(statusRoutes(queries))
  })
  await scope.register(async (personal) => {
    // No hook: cookies are parsed on demand, when a request has any, and set only by the answer that ends a session.
    await personal.register(cookies, { hook: false })
    personal.addHook('onRequest', authenticate(guard))
    limitRequests(personal, { perMinute: config.apiRateLimit })
    personal.addHook('onRequest', requireSession)
    await personal.register(activityRoutes({ queries, signals }))
    await personal.register(accountRoutes({ queries, feed, cookie, disconnect }))
    await personal.register(liveRoutes({ queries, hub }))
    await personal.register(exportRoutes({ queries, exports }))
    await personal.register(accessRoutes({ db, clock, requests: accessRequests, feed }))
  })
}
