import { connectBus, provision, STRAVA_EVENTS_CONSUMER, STREAMS, work } from '@ikigai/bus'
import {
  type Clock,
  createAdminServer,
  createRegistry,
  every,
  Gauge,
  type Logger,
  type RunningService,
  systemClock,
} from '@ikigai/chassis'
import { LANES } from '@ikigai/contracts'
import { migrate, openDatabase } from '@ikigai/db'
import { startRelay } from '@ikigai/outbox'
import { explain, type Ledger, openLedger } from '@ikigai/quota'
import { createStravaClient } from '@ikigai/strava'
import type { Registry } from 'prom-client'
import { scopesOf } from './activities/athlete-lock.ts'
import { createAccessTokens } from './calls/access-tokens.ts'
import { createCalls } from './calls/strava-calls.ts'
import type { FetcherConfig } from './config.ts'
import { handleEvent } from './events/handle-event.ts'
import { workLanes } from './lanes.ts'
import { measureListings } from './refresh/measure.ts'
import { scheduleListings } from './refresh/schedule.ts'
import { resume } from './resume.ts'
import { sweep } from './retention/sweep.ts'
import { restoreTurns } from './turns.ts'

export { type FetcherConfig, fetcherSettings } from './config.ts'

/** What a fetcher may be given from outside. */
export interface FetcherDeps {
  readonly logger: Logger
  readonly clock?: Clock | undefined
}

/** A running fetcher. */
export interface Fetcher extends RunningService {
  /** Address of the admin server. */
  readonly adminUrl: string
}

/** Shorter than the ledger's lease, so that a lease outlives every call; and than the time to stop. */
const CALL_TIMEOUT_MS = 8_000
const EVENTS_AT_ONCE = 16
const RESTORE_EVERY_MS = 2_000
const RESUME_EVERY_MS = 30_000
const SWEEP_EVERY_MS = 900_000

/** Starts a fetcher: the only caller of Strava's data endpoints. Any number of them share the work. */
export async function startFetcher(config: FetcherConfig, deps: FetcherDeps): Promise<Fetcher> {
  const { logger, clock = systemClock } = deps
  await migrate(config.databaseUrl)
  const database = openDatabase({ url: config.databaseUrl, name: 'ikigai-fetcher', max: 10 })
  const { db } = database
  const bus = await connectBus({
    servers: config.natsUrl,
    name: 'fetcher',
    user: config.natsUser,
    password: config.natsPassword,
    creds: config.natsCreds,
    logger,
  })
  await provision(bus)

  const client = createStravaClient({
    apiUrl: config.stravaApiUrl,
    // The fetcher has no part in OAuth: it is given access tokens.
    oauthUrl: config.stravaApiUrl,
    revokePath: 'revoke',
    clientId: '',
    clientSecret: '',
    timeoutMs: CALL_TIMEOUT_MS,
    now: () => clock.now(),
  })
  const ledger = openLedger(db, { read: config.stravaReadLimit, overall: config.stravaOverallLimit })
  const tokens = createAccessTokens(bus, clock)
  const call = createCalls({ client, ledger, tokens, scopesOf: (id) => scopesOf(db, id), clock, logger })
  const relay = startRelay({ db, bus, logger })
  const shared = { db, bus, clock, logger, kick: relay.kick }

  const registry = createRegistry('fetcher')
  measureLedger(registry, ledger, clock)
  measureListings(registry, { db, clock, maxAgeMs: config.cacheMaxAge })
  const admin = await createAdminServer({
    host: config.host,
    port: config.adminPort,
    checks: { postgres: database.ping, nats: bus.ping },
    registry,
    logger,
  })
  const lanes = workLanes({
    ...shared,
    ledger,
    call,
    maxAgeMs: config.cacheMaxAge,
    leaseMs: config.jobLease,
  })
  const events = work(bus, {
    stream: STREAMS.stravaEvents,
    consumer: STRAVA_EVENTS_CONSUMER,
    concurrency: EVENTS_AT_ONCE,
    handle: (message) => handleEvent({ ...shared, tokens }, message),
  })
  const restoring = every(
    RESTORE_EVERY_MS,
    async () => {
      await restoreTurns({ ...shared, ledger })
    },
    clock,
    logger,
  )
  const resuming = every(
    RESUME_EVERY_MS,
    async () => {
      const begun = await scheduleListings(db, clock.now(), config.cacheMaxAge)
      if ((await resume(shared)) + begun > 0) relay.kick()
    },
    clock,
    logger,
  )
  const sweeping = every(
    SWEEP_EVERY_MS,
    async () => {
      logger.info(await sweep(db, clock.now(), config.cacheMaxAge), 'swept')
    },
    clock,
    logger,
  )

  return {
    adminUrl: admin.url,
    ended: bus.closed(),
    stop: async () => {
      admin.setClosing()
      await Promise.all([lanes.stop(), events.stop(), restoring.stop(), resuming.stop(), sweeping.stop()])
      await relay.stop()
      await bus.close()
      await database.close()
      await admin.close()
    },
  }
}

/** The ledger as metrics: read when they are asked for. */
function measureLedger(registry: Registry, ledger: Ledger, clock: Clock): void {
  const registers = [registry]
  const used = new Gauge({
    name: 'strava_calls_used',
    help: 'Calls in the window',
    labelNames: ['counter', 'window'],
    registers,
  })
  const limit = new Gauge({
    name: 'strava_calls_limit',
    help: 'Calls allowed',
    labelNames: ['counter', 'window'],
    registers,
  })
  new Gauge({
    name: 'lane_wait_seconds',
    help: 'How long a lane has to wait for quota; 0 when it may call',
    labelNames: ['lane'],
    registers,
    async collect() {
      const state = await ledger.read()
      for (const counter of ['read', 'overall'] as const) {
        for (const window of ['short', 'day'] as const) {
          used.set({ counter, window }, state[counter].used[window])
          limit.set({ counter, window }, state[counter].limit[window])
        }
      }
      for (const lane of LANES) {
        const until = explain(state, lane, clock.now())?.until
        this.set({ lane }, until === undefined ? 0 : (until - clock.now()) / 1_000)
      }
    },
  })
}
