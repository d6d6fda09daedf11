import type { Bus } from '@ikigai/bus'
import type { Clock, Logger, PeriodicTask, Registry } from '@ikigai/chassis'
import type { Db } from '@ikigai/db'
import { createKeyRing } from '@ikigai/keyring'
import { type Relay, startRelay } from '@ikigai/outbox'
import { createStravaClient } from '@ikigai/strava'
import { startCleanup } from './apps/cleanup.ts'
import type { AppEndpointsDeps } from './apps/endpoints.ts'
import type { AuthConfig } from './config.ts'
import { type Accounts, createAccounts } from './erasure/accounts.ts'
import { reapplyErasures } from './erasure/after-restore.ts'
import { type Erasures, startErasures } from './erasure/erasures.ts'
import { createPendingErasureSeal } from './erasure/pending-erasure.ts'
import { startGrantRechecks } from './erasure/recheck-grants.ts'
import { type AccessTokenProvider, createAccessTokenProvider } from './grants/access-token-provider.ts'
import { createGrantStore } from './grants/grant-store.ts'
import { createStravaGrants } from './grants/strava-grants.ts'
import { startResealing } from './keys/reseal.ts'
import { SEALED_TABLES } from './keys/sealed-tables.ts'
import { type AuthMetrics, createAuthMetrics } from './metrics.ts'
import { type Connection, type ConnectResult, connectAthlete } from './oauth/connect-athlete.ts'
import { createSignupBudgetKey } from './oauth/signup-budget.ts'
import { createUsedStates, type UsedStates } from './oauth/used-states.ts'
import { createSessionRevoker, type SessionRevoker } from './sign-out/session-revoker.ts'
import { createSignUp, type SignUp, type SignUpObstacle } from './sign-up/sign-up.ts'

/** The parts of auth that HTTP and NATS share. */
export interface AuthCore {
  readonly relay: Relay
  readonly accessTokens: AccessTokenProvider
  readonly accounts: Accounts
  /** See {@link reapplyErasures}. */
  readonly reapplyErasures: () => Promise<void>
  readonly revoker: SessionRevoker
  readonly usedStates: UsedStates
  readonly erasures: Erasures
  readonly resealing: PeriodicTask
  readonly rechecks: PeriodicTask
  readonly metrics: AuthMetrics
  /** For the authorization server of apps. */
  readonly apps: AppEndpointsDeps & { readonly cleanup: PeriodicTask }
  /** Connects an athlete whom Strava has authenticated. */
  readonly connectAthlete: (connection: Connection) => Promise<ConnectResult | { refusal: SignUpObstacle }>
  readonly signUp: SignUp
}

export interface CoreOptions {
  readonly config: AuthConfig
  readonly db: Db
  /** Pool for transactions that wait for Strava. */
  readonly slowDb: Db
  /** Pool for marks that are committed during such a transaction. */
  readonly markDb: Db
  readonly bus: Bus
  readonly clock: Clock
  readonly logger: Logger
  readonly registry: Registry
}

/** Shorter than the time-outs of statements and locks, because a refresh keeps its transaction open during the call. */
const STRAVA_TIMEOUT_MS = 7_000

/** Creates the parts and starts the background tasks: relay, pending erasures, rechecks, resealing. */
export function createCore({
  config,
  db,
  slowDb,
  markDb,
  bus,
  clock,
  logger,
  registry,
}: CoreOptions): AuthCore {
  const client = createStravaClient({
    // Auth calls no endpoint of the API.
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
  const store = createGrantStore(keys, config.grantGracePeriod)
  const seal = createPendingErasureSeal(keys)
  const metrics = createAuthMetrics({
    ...{ registry, db, logger },
    sealedTables: SEALED_TABLES,
    currentPrefix: keys.currentPrefix,
    athleteLimit: config.stravaAthleteLimit,
  })
  const relay = startRelay({ db, bus, logger })
  const revoker = createSessionRevoker(db, bus, clock)
  const erasures = startErasures({ db, slowDb, bus, relay, strava, seal, clock, logger })
  const gracePeriodMs = config.grantGracePeriod
  const refreshDeps = { store, strava, db, slowDb, markDb, clock, logger, metrics, gracePeriodMs }
  const signUp = createSignUp({ db, clock, mode: config.signUp, athleteLimit: config.stravaAthleteLimit })
  const budgetKey = createSignupBudgetKey(config.sessionKeys)
  const afterCommit = () => {
    relay.wake()
    revoker.notifyGateways()
  }
  const accountDeps = { db, store, refreshDeps, erasures, seal, clock, logger, metrics, afterCommit }
  return {
    relay,
    accessTokens: createAccessTokenProvider(refreshDeps),
    accounts: createAccounts(accountDeps),
    reapplyErasures: () => reapplyErasures({ ...accountDeps, bus }),
    revoker,
    usedStates: createUsedStates(db, clock),
    erasures,
    resealing: startResealing({ db, keys, store, clock, logger, metrics }),
    rechecks: startGrantRechecks(accountDeps),
    metrics,
    apps: { db, clock, notifyGateways: revoker.notifyGateways, cleanup: startCleanup(db, clock, logger) },
    signUp,
    connectAthlete: (connection) =>
      connectAthlete({ db, store, strava, clock, budgetKey, signUp, seal, erasures }, connection),
  }
}
