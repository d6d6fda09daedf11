import { checkAssets, connectWith, provisionStreams, STREAMS } from '@ikigai/bus'
import {
  type Clock,
  connectionName,
  createAdminServer,
  createHttp,
  createRegistry,
  type Logger,
  measureHttp,
  runPeriodically,
  type StartedService,
  systemClock,
  waitForDependency,
} from '@ikigai/chassis'
import { migrate, openDatabase } from '@ikigai/db'
import type { IngestConfig } from './config.ts'
import { registerSubscriptions } from './metrics.ts'
import { startSubscriptionKeeper } from './subscription/keep-subscribed.ts'
import { createKnownSubscription } from './subscription/known-subscription.ts'
import { createKnownOwners } from './webhook/known-owners.ts'
import { ANSWER_DEADLINE_MS, createReceiver } from './webhook/receive-event.ts'
import { createRefusedEvents } from './webhook/refused-events.ts'
import { createPresenceReport, reportRefused } from './webhook/report-presence.ts'
import { webhookRoutes } from './webhook/routes.ts'
import { createSignatureCheck } from './webhook/signature-check.ts'

export { type IngestConfig, ingestSettings } from './config.ts'

/** Dependencies that tests replace. */
export interface IngestDeps {
  readonly logger: Logger
  readonly clock?: Clock | undefined
  /** From the arrival of an event to its answer: ms. */
  readonly answerDeadlineMs?: number | undefined
}

/** A running ingest: the webhook's server and the admin server. */
export type Ingest = StartedService<'http' | 'admin'>

const HEARTBEAT_INTERVAL_MS = 60_000

/** Starts ingest, which receives Strava's webhook events. Any number of replicas may run. */
export async function startIngest(config: IngestConfig, deps: IngestDeps): Promise<Ingest> {
  const { logger, clock = systemClock, answerDeadlineMs = ANSWER_DEADLINE_MS } = deps
  // What is left is for storing the event.
  const lookupTimeoutMs = answerDeadlineMs / 2
  const { host, port, adminPort } = config
  const registry = createRegistry('ingest')
  const database = openDatabase({
    url: config.databaseUrl,
    name: connectionName('ingest'),
    max: config.databasePoolSize,
    user: 'ingest',
  })
  const { db } = database
  const checks: Record<string, () => Promise<void>> = { postgres: database.ping }
  const admin = await createAdminServer({ host, port: adminPort, checks, registry, logger, started: false })
  await waitForDependency({ name: 'PostgreSQL', clock, logger }, async () => {
    await migrate(config.databaseUrl)
    await database.ping()
  })
  const bus = await waitForDependency({ name: 'NATS', clock, logger }, () =>
    connectWith(config, 'ingest', logger),
  )
  checks['nats'] = bus.ping
  await waitForDependency({ name: 'JetStream', clock, logger }, () => provisionStreams(bus))
  checks['streams'] = () => checkAssets(bus, { streams: [STREAMS.stravaEvents] })

  const subscription = createKnownSubscription(db, clock, logger, lookupTimeoutMs)
  await subscription.load()
  const app = createHttp({
    logger,
    trustProxy: config.trustProxy,
    keepAliveTimeoutMs: config.keepAliveTimeout,
  })
  measureHttp(app, registry)
  registerSubscriptions(registry, { db, logger })
  const refused = createRefusedEvents(clock)
  await webhookRoutes(app, {
    secret: config.stravaWebhookSecret,
    verifyToken: config.stravaWebhookVerifyToken,
    sourceLimit: config.webhookSourceLimit,
    receive: createReceiver({
      bus,
      subscription,
      owners: createKnownOwners(db, clock, logger, lookupTimeoutMs),
      refused,
      checkSignature: createSignatureCheck({ config, clock, registry }),
      clock,
      registry,
      answerDeadlineMs,
    }),
  })
  const url = await app.listen({ host, port })
  admin.setStarted()
  // After listening, because Strava verifies the address before it accepts the subscription.
  const keeper = startSubscriptionKeeper({ config, db, subscription, clock, logger })
  const heartbeat = runPeriodically(
    HEARTBEAT_INTERVAL_MS,
    createPresenceReport({ db, bus, refused, clock, logger }),
    clock,
    logger,
  )

  return {
    urls: { http: url, admin: admin.url },
    registry,
    ended: bus.closed(),
    stop: async () => {
      admin.setClosing()
      await Promise.all([app.close(), keeper.stop(), heartbeat.stop()])
      await reportRefused({ db, refused, clock, logger })
      await bus.close()
      await database.close()
      await admin.close()
    },
  }
}
