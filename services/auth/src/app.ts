import cookie from '@fastify/cookie'
import { connectBus, provision, serve } from '@ikigai/bus'
import {
  type Clock,
  createAdminServer,
  createHttp,
  createRegistry,
  type Logger,
  measureHttp,
  type RunningService,
  systemClock,
} from '@ikigai/chassis'
import { migrate, openDatabase } from '@ikigai/db'
import { createKeyRing } from '@ikigai/keyring'
import { startRelay } from '@ikigai/outbox'
import { sessionCookie } from '@ikigai/sessions'
import { createStravaClient } from '@ikigai/strava'
import type { AuthConfig } from './config.ts'
import { startErasures } from './erasure/erasures.ts'
import { createOwedSeal } from './erasure/owed.ts'
import { createGrantStore } from './grants/grant-store.ts'
import { createStravaGrants } from './grants/strava-grants.ts'
import { createTokenKeeper } from './grants/token-keeper.ts'
import { internalEndpoints } from './internal/endpoints.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { signOutRoutes } from './routes/sign-out.ts'
import { createSignInCookies } from './sign-in/sign-in-cookies.ts'
import { registerStravaOauth } from './sign-in/strava-oauth.ts'
import { createSessionRevoker } from './sign-out/session-revoker.ts'
import { recordSignIn, type SignUpDeps } from './sign-up/sign-up.ts'

export { type AuthConfig, authSettings } from './config.ts'

/** What auth may be given from outside. */
export interface AuthDeps {
  readonly logger: Logger
  readonly clock?: Clock | undefined
}

/** A running auth service. */
export interface Auth extends RunningService {
  readonly url: string
  readonly adminUrl: string
}

/** Below the statements' deadline: a refresh holds its transaction meanwhile. */
const STRAVA_TIMEOUT_MS = 7_000
const ABOUT = {
  name: 'ikigai-auth',
  version: '0.1.0',
  description: 'Grants and sessions, for the services of ikigai',
}

/** Starts auth: Strava's OAuth, and the only keeper of the grants. Any number of them share the work. */
export async function startAuth(config: AuthConfig, deps: AuthDeps): Promise<Auth> {
  const { logger, clock = systemClock } = deps
  const { databaseUrl, publicUrl, sessionKeys } = config
  await migrate(databaseUrl)
  const database = openDatabase({ url: databaseUrl, name: 'ikigai-auth', max: 5 })
  const slow = openDatabase({ url: databaseUrl, name: 'ikigai-auth-refresh', max: 5 })
  const { db } = database
  const bus = await connectBus({
    servers: config.natsUrl,
    name: 'auth',
    user: config.natsUser,
    password: config.natsPassword,
    creds: config.natsCreds,
    logger,
  })
  await provision(bus)

  const client = createStravaClient({
    // Auth asks for no data.
    apiUrl: config.stravaOauthUrl,
    oauthUrl: config.stravaOauthUrl,
    revokePath: config.stravaRevokePath,
    clientId: config.stravaClientId,
    clientSecret: config.stravaClientSecret,
    timeoutMs: STRAVA_TIMEOUT_MS,
    now: () => clock.now(),
  })
  const keys = createKeyRing(config.tokenEncryptionKeys)
  const strava = createStravaGrants(client, config.stravaRevokePath)
  const store = createGrantStore(keys)
  const seal = createOwedSeal(keys)
  const relay = startRelay({ db, bus, logger })
  const revoker = createSessionRevoker(db, bus, clock)
  const refreshDeps = { store, strava, db, slowDb: slow.db, clock, logger }
  const erasures = startErasures({ db, slowDb: slow.db, bus, relay, strava, seal, clock, logger })
  const afterCommit = () => {
    relay.kick()
    revoker.announce()
  }
  const serving = await serve(
    bus,
    ABOUT,
    internalEndpoints({
      keeper: createTokenKeeper(refreshDeps),
      revoker,
      disconnects: { db, store, refreshDeps, erasures, seal, clock, afterCommit },
    }),
  )

  const registry = createRegistry('auth')
  const app = createHttp({ logger })
  measureHttp(app, registry)
  await app.register(cookie)
  const oauth = await registerStravaOauth(app, {
    clientId: config.stravaClientId,
    clientSecret: config.stravaClientSecret,
    oauthUrl: config.stravaOauthUrl,
    publicUrl,
    timeoutMs: STRAVA_TIMEOUT_MS,
  })
  const signUps: SignUpDeps = { db, store, clock, newestTokens }
  const shared = { sessionKeys, sessionCookie: sessionCookie(publicUrl), publicUrl, clock }
  signInRoutes(app, {
    ...shared,
    oauth,
    cookies: createSignInCookies({ keys: sessionKeys, publicUrl, clock }),
    bus,
    logger,
    signupWaitMs: config.signupWait,
    record: (connection, inbox) => recordSignIn(signUps, connection, inbox),
    kick: relay.kick,
  })
  signOutRoutes(app, { ...shared, revoker })

  const { host, port, adminPort } = config
  const checks = { postgres: database.ping, nats: bus.ping }
  const admin = await createAdminServer({ host, port: adminPort, checks, registry, logger })
  const url = await app.listen({ host, port })
  return {
    url,
    adminUrl: admin.url,
    ended: bus.closed(),
    stop: async () => {
      admin.setClosing()
      await Promise.all([app.close(), serving.stop(), erasures.stop()])
      await relay.stop()
      await bus.close()
      await Promise.all([database.close(), slow.close()])
      await admin.close()
    },
  }
}

/** Tokens that a refresh has brought since the code's exchange began are newer than those of the exchange. */
const newestTokens: SignUpDeps['newestTokens'] = async (_tx, { tokens, exchangedAt }, stored) =>
  stored.state === 'active' && stored.refreshedAt > exchangedAt ? stored.tokens : tokens
