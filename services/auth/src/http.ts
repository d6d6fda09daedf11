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
import { appsRoutes, appTokenRoutes } from './apps/apps.ts'
import type { AuthConfig } from './config.ts'
import type { AuthCore } from './core.ts'
import { createCompleteSignIn } from './oauth/complete-sign-in.ts'
import { createSignInCookies } from './oauth/sign-in-cookies.ts'
import { registerStravaOauth } from './oauth/strava-oauth.ts'
import { answerFailure, answerNotFound } from './routes/answers.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { signOutRoutes } from './routes/sign-out.ts'

export interface AuthHttpOptions {
  readonly config: AuthConfig
  readonly core: AuthCore
  readonly bus: Bus
  readonly clock: Clock
  readonly logger: Logger
  readonly registry: Registry
}

/** Addresses whose `x-forwarded-for` is trusted: the gateway, on this machine or a private network. */
const GATEWAYS = 'loopback,linklocal,uniquelocal'

/** Together with `SIGNUP_WAIT` below the time that a service has to stop. */
const EXCHANGE_TIMEOUT_MS = 5_000

/** The server of an app requests tokens for all of its athletes from one address. */
const APP_RATE_FACTOR = 10

/** Creates the HTTP server of `/auth/*`, which browsers reach through the gateway. It does not listen yet. */
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
    connectAthlete: core.connectAthlete,
    signUp: core.signUp,
    wakeRelay: core.relay.wake,
  })
  const cookies = createSignInCookies({ keys: sessionKeys, publicUrl, clock })
  const shared = { sessionKeys, sessionCookie: sessionCookie(publicUrl), publicUrl, clock }
  const appsDeps = { ...shared, ...core.apps, logger }
  await app.register(async (scope) => {
    scope.setErrorHandler(answerFailure)
    limitByAddress(scope, { limit: config.authRateLimit, windowMs: 60_000 })
    await scope.register(
      signInRoutes({
        ...shared,
        oauth,
        cookies,
        usedStates: core.usedStates,
        signUp: core.signUp,
        complete,
        metrics: core.metrics,
      }),
    )
    await scope.register(signOutRoutes({ ...shared, db: core.apps.db, revoker: core.revoker }))
    await scope.register(appsRoutes(appsDeps))
  })
  await app.register(async (scope) => {
    limitByAddress(scope, { limit: config.authRateLimit * APP_RATE_FACTOR, windowMs: 60_000 })
    await scope.register(appTokenRoutes(appsDeps))
  })
  return app
}
