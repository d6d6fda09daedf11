import type { Bus } from '@ikigai/bus'
import type { Clock, Logger, PeriodicTask, Registry } from '@ikigai/chassis'
import type { Db } from '@ikigai/db'
import { createKeyRing } from '@ikigai/keyring'
import { type Relay, startRelay } from '@ikigai/outbox'
import { createStravaClient } from '@ikigai/strava'
import type { AuthConfig } from './config.ts'
import { startAgeing } from './erasure/ageing.ts'
import type { DisconnectDeps } from './erasure/disconnect.ts'
import { type Erasures, startErasures } from './erasure/erasures.ts'
import { createOwedSeal } from './erasure/owed.ts'
import { createGrantStore } from './grants/grant-store.ts'
import { createStravaGrants } from './grants/strava-grants.ts'
import { createTokenKeeper, type TokenKeeper } from './grants/token-keeper.ts'
import { startResealing } from './keys/reseal.ts'
import { type AuthMetrics, createAuthMetrics } from './metrics.ts'
import { createUsedStates, type UsedStates } from './sign-in/used-states.ts'
import { createSessionRevoker, type SessionRevoker } from './sign-out/session-revoker.ts'
import { type Connection, type RecordedSignIn, recordSignIn } from './sign-up/sign-up.ts'
import { createSignupBudgetKey } from './sign-up/signup-budget.ts'

/** What auth does, whoever asks for it: browsers over HTTP, services over NATS. */
export interface AuthCore {
  readonly relay: Relay
  readonly keeper: TokenKeeper
  readonly revoker: SessionRevoker
  readonly usedStates: UsedStates
  readonly erasures: Erasures
  readonly resealing: PeriodicTask
  readonly ageing: PeriodicTask
  readonly disconnects: DisconnectDeps
  readonly metrics: AuthMetrics
  /** Records an athlete whom Strava has vouched for. */
  readonly recordSignIn: (connection: Connection) => Promise<RecordedSignIn>
}

export interface CoreOptions {
  readonly config: AuthConfig
  readonly db: Db
  /** For transactions that wait for Strava. */
  readonly slowDb: Db
  /** For marks that are committed beside such a transaction. */
  readonly markDb: Db
  readonly bus: Bus
  readonly clock: Clock
  readonly logger: Logger
  readonly registry: Registry
}

/** Below the deadlines of statements and locks: a refresh holds its transaction meanwhile. */
const STRAVA_TIMEOUT_MS = 7_000

/** Puts the parts together, and starts what runs in the background: the relay, incomplete erasures, ageing, sealing anew. */
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
  const metrics = createAuthMetrics(registry, db, keys.currentPrefix)
  const relay = startRelay({ db, bus, logger })
  const revoker = createSessionRevoker(db, bus, clock)
  const erasures = startErasures({ db, slowDb, bus, relay, strava, seal, clock, logger })
  const gracePeriodMs = config.grantGracePeriod
  const refreshDeps = { store, strava, db, slowDb, markDb, clock, logger, metrics, gracePeriodMs }
  const budgetKey = createSignupBudgetKey(config.sessionKeys)
  const afterCommit = () => {
    relay.kick()
    revoker.announce()
  }
  const disconnects = { db, store, refreshDeps, erasures, seal, clock, logger, metrics, afterCommit }
  return {
    relay,
    keeper: createTokenKeeper(refreshDeps),
    revoker,
    usedStates: createUsedStates(db, clock),
    erasures,
    resealing: startResealing({ db, keys, store, clock, logger, metrics }),
    ageing: startAgeing(disconnects),
    disconnects,
    metrics,
    recordSignIn: (connection) => recordSignIn({ db, store, strava, clock, budgetKey }, connection),
  }
}
