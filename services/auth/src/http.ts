import cookie from '@fastify/cookie'
import type { Bus } from '@ikigai/bus'
import {
  type Clock,
  createHttp,
  type HttpApp,
  type Logger,
  limitByAddress,
  measureHttp,
  type Registry,
} from '@ikigai/chassis'
import { sessionCookie } from '@ikigai/sessions'
import type { AuthConfig } from './config.ts'
import type { AuthCore } from './core.ts'
import { answerFailure, answerNotFound } from './routes/answers.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { signOutRoutes } from './routes/sign-out.ts'
import { createCompleteSignIn } from './sign-in/complete-sign-in.ts'
import { createSignInCookies } from './sign-in/sign-in-cookies.ts'
import { registerStravaOauth } from './sign-in/strava-oauth.ts'

export interface AuthHttpOptions {
  readonly config: AuthConfig
  readonly core: AuthCore
  readonly bus: Bus
  readonly clock: Clock
  readonly logger: Logger
  readonly registry: Registry
}

/** The gateway says in `x-forwarded-for` whose request it hands on. It is a neighbour, on this machine or a private network. */
const GATEWAYS = 'loopback,linklocal,uniquelocal'

/** With the wait for the first page it stays below the time that a service has to stop. */
const EXCHANGE_TIMEOUT_MS = 5_000

/** The HTTP that browsers reach through the gateway: `/auth/*`. Not listening yet. */
export async function createAuthHttp(options: AuthHttpOptions): Promise<HttpApp> {
  const { config, core, bus, clock, logger, registry } = options
  const { publicUrl, sessionKeys } = config
  const trustProxy = [GATEWAYS, config.trustProxy].filter((each) => each !== undefined).join(',')
  const app = createHttp({ logger, trustProxy, keepAliveTimeoutMs: config.keepAliveTimeout, answerNotFound })
  measureHttp(app, registry)
  await app.register(cookie)
  const oauth = await registerStravaOauth(app, {
    clientId: config.stravaClientId,
    clientSecret: config.stravaClientSecret,
    oauthUrl: config.stravaOauthUrl,
    publicUrl,
    timeoutMs: EXCHANGE_TIMEOUT_MS,
  })
  const complete = createCompleteSignIn({
    oauth,
    bus,
    clock,
    logger,
    signupWaitMs: config.signupWait,
    record: core.recordSignIn,
    kick: core.relay.kick,
  })
  const cookies = createSignInCookies({ keys: sessionKeys, publicUrl, clock })
  const shared = { sessionKeys, sessionCookie: sessionCookie(publicUrl), publicUrl, clock }
  await app.register(async (scope) => {
    scope.setErrorHandler(answerFailure)
    await limitByAddress(scope, { limit: config.authRateLimit, windowMs: 60_000 })
    await scope.register(
      signInRoutes({
        ...shared,
        oauth,
        cookies,
        usedStates: core.usedStates,
        complete,
        metrics: core.metrics,
      }),
    )
    await scope.register(signOutRoutes({ ...shared, revoker: core.revoker }))
  })
  return app
}
