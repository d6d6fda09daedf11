import cookies from '@fastify/cookie'
import type { Bus } from '@ikigai/bus'
import {
  type Clock,
  createHttp,
  type HttpApp,
  type Logger,
  measureHttp,
  type Registry,
} from '@ikigai/chassis'
import { type Revocations, sessionCookie } from '@ikigai/sessions'
import type { GatewayConfig } from './config.ts'
import type { Reads } from './reads/reads.ts'
import { accountRoutes } from './routes/account.ts'
import { activityRoutes } from './routes/activities.ts'
import { authProxy } from './routes/auth-proxy.ts'
import { page } from './routes/page.ts'
import { personal } from './routes/personal.ts'
import { securityHeaders } from './routes/security-headers.ts'
import { statusRoutes } from './routes/status.ts'
import type { RevocationFeed } from './sessions/revocation-feed.ts'
import { createSessionGuard } from './sessions/session-guard.ts'

/** What the public HTTP stands on. */
export interface PublicHttpOptions {
  readonly config: GatewayConfig
  readonly logger: Logger
  readonly clock: Clock
  readonly registry: Registry
  readonly bus: Bus
  readonly reads: Reads
  readonly revocations: Revocations
  readonly feed: RevocationFeed
}

/** The public HTTP: the page, the API, and the way to auth. Not listening yet. */
export async function createPublicHttp(options: PublicHttpOptions): Promise<HttpApp> {
  const { config, logger, clock, registry, bus, reads, revocations, feed } = options
  const app = createHttp({ logger, trustProxy: config.trustProxy })
  measureHttp(app, registry)
  await securityHeaders(app, config.publicUrl)
  await page(app)
  await app.register(statusRoutes(reads))
  await app.register(authProxy(config.authUrl))

  const cookie = sessionCookie(config.publicUrl)
  const guard = createSessionGuard({ config, clock, revocations, feed, cookie })
  await app.register(async (scope) => {
    await scope.register(cookies)
    scope.addHook('onRequest', personal(guard))
    await scope.register(activityRoutes(reads))
    await scope.register(accountRoutes({ reads, bus, feed, cookie }))
  })
  await app.ready()
  return app
}
