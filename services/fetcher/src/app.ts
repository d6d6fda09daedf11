import {
  connectWith,
  consume,
  FETCH_CONSUMER,
  INTERNAL_SIGNALS,
  keepProvisioned,
  provision,
  STRAVA_EVENTS_CONSUMER,
  STREAMS,
  subscribeSignals,
} from '@ikigai/bus'
import {
  type Clock,
  connectionName,
  createAdminServer,
  createRegistry,
  type Logger,
  runPeriodically,
  type StartedService,
  systemClock,
  waitForDependency,
} from '@ikigai/chassis'
import { LANES } from '@ikigai/contracts'
import { migrate, openDatabase } from '@ikigai/db'
import { ArrivalCounter, forgetArrivals, ImportEta } from '@ikigai/forecast'
import { startRelay } from '@ikigai/outbox'
import { openLedger } from '@ikigai/quota'
import { createStravaClient } from '@ikigai/strava'
import { scopesOf } from './activities/athlete-lock.ts'
import { createAccessTokens } from './calls/access-tokens.ts'
import { logStravaState } from './calls/log-strava-state.ts'
import { probeToken } from './calls/probe-token.ts'
import { createCalls } from './calls/strava-calls.ts'
import { checkClocks } from './clocks/clock-check.ts'
import { correctFutureTimes } from './clocks/correct-future-times.ts'
import { databaseNow } from './clocks/database-now.ts'
import type { FetcherConfig } from './config.ts'
import { createEventHandler } from './events/handle-event.ts'
import { reviseEtas } from './imports/revise-etas.ts'
import { type Lanes, startLanes } from './lanes.ts'
import { watchStreams } from './lost-messages.ts'
import { registerMetrics } from './metrics.ts'
import { notifyOutcome } from './notify-outcome.ts'
import { createPerform } from './perform.ts'
import { deleteExpiredPresence, subscribePresence } from './presence.ts'
import { registerQuotaMetrics } from './quota-metrics.ts'
import { handleRequest } from './requests/handle-request.ts'
import { registerResyncMetrics } from './resync/metrics.ts'
import { scheduleResyncs } from './resync/schedule.ts'
import { enforceRetention } from './retention/enforce-retention.ts'
import { notifyingAfterCommit } from './schedule/after-commit.ts'
import { queueOrphans } from './schedule/orphans.ts'
import { registerStateMetrics } from './state-metrics.ts'
import { checkStreams } from './stream-fill.ts'
import { ensureTeamConsumers } from './teams.ts'
import { startVerifying } from './verifications/verify.ts'

export { type FetcherConfig, fetcherSettings } from './config.ts'

/** Dependencies of a fetcher. */
export interface FetcherDeps {
  readonly logger: Logger
  readonly clock?: Clock | undefined
  /** The database's clock: epoch ms. Default: the real one, or `clock` if that is given. */
  readonly databaseNow?: (() => Promise<number>) | undefined
}

/** A running fetcher. */
export type Fetcher = StartedService<'admin'>

/** Shorter than a lease of the quota ledger, which must outlive the call, and than the time that a service has to stop. */
const CALL_TIMEOUT_MS = 8_000
const EVENT_CONCURRENCY = 64
const REQUEST_CONCURRENCY = 16
const RECONCILE_INTERVAL_MS = 30_000
const COUNT_INTERVAL_MS = 5_000
const RETENTION_INTERVAL_MS = 900_000

/** Starts a fetcher: the only caller of Strava's data endpoints. Any number of replicas share the work. */
export async function startFetcher(config: FetcherConfig, deps: FetcherDeps): Promise<Fetcher> {
  const { logger, clock = systemClock } = deps
  const registry = createRegistry('fetcher')
  const database = openDatabase({
    url: config.databaseUrl,
    name: connectionName('fetcher'),
    max: config.databasePoolSize,
    user: 'fetcher',
  })
  const checks: Record<string, () => Promise<void>> = { postgres: database.ping }
  const { host, adminPort: port } = config
  const admin = await createAdminServer({ host, port, checks, registry, logger, started: false })
  await waitForDependency({ name: 'PostgreSQL', clock, logger }, async () => {
    await migrate(config.databaseUrl)
    await database.ping()
  })
  const clocks = checkClocks({ clock, logger, registry })
  const defaultClock = clock === systemClock ? () => databaseNow(database.db) : async () => clock.now()
  const readDatabaseClock = deps.databaseNow ?? defaultClock
  const compareClocks = async () => clocks.compare('database', await readDatabaseClock(), clock.now())
  await compareClocks()
  const bus = await waitForDependency({ name: 'NATS', clock, logger }, () =>
    connectWith(config, 'fetcher', logger),
  )
  checks['nats'] = bus.ping
  await waitForDependency({ name: 'JetStream', clock, logger }, () => provision(bus))
  checks['streams'] = () => checkStreams(bus)
  const watch = watchStreams({ db: database.db, clock, logger })
  const provisioning = keepProvisioned(bus, {
    clock,
    onProvisioned: async (streams) => {
      await watch(streams)
      await ensureTeamConsumers(database.db, bus)
    },
  })

  const client = createStravaClient({
    apiUrl: config.stravaApiUrl,
    // The fetcher makes no OAuth calls: auth provides the access tokens.
    oauthUrl: config.stravaApiUrl,
    revokePath: 'revoke',
    clientId: '',
    clientSecret: '',
    timeoutMs: CALL_TIMEOUT_MS,
    now: () => clock.now(),
  })
  const relay = startRelay({ db: database.db, bus, logger })
  let lanes: Lanes | undefined
  const arrivals = new ArrivalCounter()
  const db = notifyingAfterCommit(database.db, {
    sendOutbox: relay.wake,
    wake: (lane) => lanes?.wake(lane),
    arrived: (lane, count) => arrivals.add(lane, count, clock.now()),
  })
  const ledger = openLedger(database.db, { read: config.stravaReadLimit, overall: config.stravaOverallLimit })
  const tokens = createAccessTokens(bus, clock)
  const shared = { db, bus, clock, logger }

  const metrics = registerMetrics(registry)
  registerStateMetrics(registry, shared)
  registerQuotaMetrics(registry, { ...shared, ledger })
  registerResyncMetrics(registry, { ...shared, maxAgeMs: config.cacheMaxAge })
  const onLedger = logStravaState(logger, clock)
  const call = createCalls({
    client,
    ledger,
    tokens,
    scopesOf: (id) => scopesOf(db, id),
    clock,
    logger,
    onCall: metrics.called,
    onLedger,
    onDate: (date, at) => clocks.compare('strava', date, at),
  })
  const importEta = new ImportEta()
  const perform = createPerform({
    ...shared,
    call,
    clocks,
    importEta,
    notifyStored: (inboxes) => notifyOutcome(bus, inboxes, 'stored'),
    maxAgeMs: config.cacheMaxAge,
  })
  const enrich = config.enrich === 'true'
  const served = LANES.filter((lane) => lane !== 'enrich' || enrich)
  lanes = startLanes({ ...shared, ledger, metrics, perform, leaseMs: config.jobLease, lanes: served })
  const verifier = startVerifying({
    ...shared,
    tokens,
    probe: (accessToken) => probeToken({ client, ledger, clock, onCall: metrics.called }, accessToken),
    onVerified: metrics.verified,
  })
  const presence = subscribePresence(shared)
  const stravaFailures = subscribeSignals(bus, INTERNAL_SIGNALS.stravaFailed, {
    queue: 'fetcher',
    handle: async () => onLedger(await ledger.noteFailure(clock.now())),
  })
  const requests = consume(bus, {
    stream: STREAMS.fetch,
    consumer: FETCH_CONSUMER,
    concurrency: REQUEST_CONCURRENCY,
    handle: (message) => handleRequest(shared, message),
  })
  const events = consume(bus, {
    stream: STREAMS.stravaEvents,
    consumer: STRAVA_EVENTS_CONSUMER,
    concurrency: EVENT_CONCURRENCY,
    handle: createEventHandler({ ...shared, tokens, wakeVerifier: verifier.wake }),
  })
  const reconciling = runPeriodically(
    RECONCILE_INTERVAL_MS,
    async () => {
      await compareClocks()
      if (clocks.agree()) await correctFutureTimes(db, clock.now(), config.cacheMaxAge)
      await scheduleResyncs(db, clock.now(), config.cacheMaxAge)
      await queueOrphans(shared, { enrich })
      await deleteExpiredPresence(db, clock.now())
      await reviseEtas(db, importEta, clock.now())
    },
    clock,
    logger,
  )
  const counting = runPeriodically(COUNT_INTERVAL_MS, () => arrivals.flush(db), clock, logger)
  const enforcingRetention = runPeriodically(
    RETENTION_INTERVAL_MS,
    async () => {
      await compareClocks()
      await forgetArrivals(db, clock.now())
      if (clocks.mayErase())
        logger.info(await enforceRetention(db, clock.now(), config.cacheMaxAge), 'expired data deleted')
      else logger.warn('expired data kept: clocks disagree')
    },
    clock,
    logger,
  )

  admin.setStarted()
  return {
    registry,
    urls: { admin: admin.url },
    ended: bus.closed(),
    stop: async () => {
      admin.setClosing()
      await Promise.all([
        presence.stop(),
        stravaFailures.stop(),
        requests.stop(),
        events.stop(),
        provisioning.stop(),
      ])
      await Promise.all([
        verifier.stop(),
        lanes?.stop(),
        reconciling.stop(),
        enforcingRetention.stop(),
        counting.stop(),
      ])
      await arrivals.flush(db)
      await relay.stop()
      await bus.close()
      await database.close()
      await admin.close()
    },
  }
}
