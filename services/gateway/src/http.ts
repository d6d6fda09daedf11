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
import { type Revocations, sessionCookie } from '@ikigai/sessions'
import { describeApi } from './api-docs/document.ts'
import { problemPages } from './api-docs/problem-pages.ts'
import { docsPage, documentRoute } from './api-docs/routes.ts'
import type { GatewayConfig } from './config.ts'
import type { RunningExports } from './export/running-exports.ts'
import type { Hints } from './live/hints.ts'
import type { LiveHub } from './live/live-hub.ts'
import type { Reads } from './reads/reads.ts'
import { type AccountRoutesOptions, accountRoutes } from './routes/account.ts'
import { activityRoutes } from './routes/activities.ts'
import { answerUnknownAddress } from './routes/addresses.ts'
import { authProxy } from './routes/auth-proxy.ts'
import { compressAnswers } from './routes/compression.ts'
import { answerConditionally } from './routes/conditional.ts'
import { allowOrigins } from './routes/cross-origin.ts'
import { exportRoutes } from './routes/export.ts'
import { liveRoutes } from './routes/live.ts'
import { answerOtherMethods, collectMethods } from './routes/methods.ts'
import { page } from './routes/page.ts'
import { identify, requireSession } from './routes/personal.ts'
import { limitRequests } from './routes/rate-limit.ts'
import { securityHeaders } from './routes/security-headers.ts'
import { statusRoutes } from './routes/status.ts'
import type { RevocationFeed } from './sessions/revocation-feed.ts'
import { createSessionGuard } from './sessions/session-guard.ts'

/** What the public HTTP stands on. */
export interface PublicHttpOptions {
  readonly config: GatewayConfig
  readonly logger: Logger
  readonly clock: Pick<Clock, 'now'>
  readonly registry: Registry
  readonly reads: Reads
  readonly revocations: Revocations
  readonly feed: Pick<RevocationFeed, 'isLoaded' | 'refresh'>
  readonly hub: Pick<LiveHub, 'hasRoom' | 'open' | 'endAll'>
  readonly exports: RunningExports
  readonly hints: Hints
  readonly disconnect: AccountRoutesOptions['disconnect']
}

/** The public HTTP: the page, the API with its documentation, and the way to auth. Not listening yet. */
export async function createPublicHttp(options: PublicHttpOptions): Promise<HttpApp> {
  const { config, logger, registry, hub, exports } = options
  const { trustProxy, keepAliveTimeout: keepAliveTimeoutMs } = config
  const answerNotFound = answerUnknownAddress
  const app = createHttp({ logger, trustProxy, keepAliveTimeoutMs, answerNotFound })
  measureHttp(app, registry)
  // An open stream would hold close() for ever.
  app.addHook('preClose', async () => {
    hub.endAll()
    exports.endAll()
  })
  securityHeaders(app, config)
  const limit = { limit: config.apiRateLimit, windowMs: 60_000 }
  await app.register(authProxy(config))
  await app.register(async (open) => {
    await limitByAddress(open, limit)
    await open.register(page)
  })
  await compressAnswers(app)
  await describeApi(app, config)
  await app.register(async (open) => {
    await limitByAddress(open, limit)
    await open.register(docsPage)
    await open.register(problemPages)
  })
  await app.register(async (scope) => {
    await allowOrigins(scope, config.corsOrigins)
    const known = collectMethods(scope)
    answerConditionally(scope)
    await scope.register(api(options))
    answerOtherMethods(scope, known)
  })
  await app.ready()
  return app
}

/** All that is described. Requests are counted before they are refused for want of a session. */
const api = (options: PublicHttpOptions) => async (scope: HttpApp) => {
  const { config, clock, reads, revocations, feed, hub, exports, hints, disconnect } = options
  const cookie = sessionCookie(config.publicUrl)
  const guard = createSessionGuard({ config, clock, revocations, feed, cookie })
  await scope.register(async (open) => {
    await limitRequests(open, { perMinute: config.apiRateLimit })
    await open.register(documentRoute)
    await open.register(statusRoutes(reads))
  })
  await scope.register(async (personal) => {
    await personal.register(cookies)
    personal.addHook('onRequest', identify(guard))
    await limitRequests(personal, { perMinute: config.apiRateLimit })
    personal.addHook('preParsing', requireSession)
    await personal.register(activityRoutes({ reads, hints }))
    await personal.register(accountRoutes({ reads, feed, cookie, disconnect }))
    await personal.register(liveRoutes({ reads, hub }))
    await personal.register(exportRoutes({ reads, exports }))
  })
}
