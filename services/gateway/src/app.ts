import { checkAssets, connectWith, STREAMS, startService } from '@ikigai/bus'
import {
  BUILD,
  type Clock,
  connectionName,
  createAdminServer,
  createLogger,
  createRegistry,
  type HttpApp,
  type Logger,
  type StartedService,
  systemClock,
} from '@ikigai/chassis'
import { type Database, MigrationMismatchError, openDatabase, watchAvailability } from '@ikigai/db'
import { createRevocations } from '@ikigai/sessions'
import { disconnect } from './account/disconnect.ts'
import { createAccessRequests } from './apps/access-requests.ts'
import { createAppOrigins, registeredOrigins } from './apps/app-origins.ts'
import type { GatewayConfig } from './config.ts'
import { createRunningExports } from './export/running-exports.ts'
import { createPublicHttp } from './http.ts'
import { startEventFeed } from './live/event-feed.ts'
import { createLiveHub, MAX_REMEMBERED_EVENTS } from './live/live-hub.ts'
import { createSignals } from './live/signals.ts'
import { createQueries } from './queries/queries.ts'
import { startRevocationFeed } from './sessions/revocation-feed.ts'
import { teamEndpoints } from './teams/endpoints.ts'
import { limitTeams } from './teams/team-limit.ts'

export { type GatewayConfig, gatewaySettings } from './config.ts'

/** Replaceable dependencies of a gateway. */
export interface GatewayDeps {
  readonly clock?: Clock
  readonly logger?: Logger
}

/** A running gateway. */
export interface Gateway extends StartedService<'http' | 'admin'> {
  /** The public HTTP, for requests without a connection (`app.inject`). */
  readonly app: HttpApp
}

const ABOUT = {
  name: 'ikigai-api',
  version: BUILD.version,
  description: 'Athletes and their Strava activities',
}

/** Starts a gateway once NATS is connected. PostgreSQL may come later; until then requests with a session get 503. */
export async function startGateway(config: GatewayConfig, deps: GatewayDeps = {}): Promise<Gateway> {
  const { clock = systemClock, logger = createLogger({ service: 'gateway', level: config.logLevel }) } = deps
  const bus = await connectWith(config, 'gateway', logger)
  const availability = watchAvailability(config.databaseUrl)
  const database = openDatabase({
    url: config.databaseUrl,
    availability,
    name: connectionName('gateway'),
    max: config.databasePoolSize,
    user: 'gateway',
  })
  const { db } = database
  const schema = watchSchema(database)
  schema.ping().catch((error: unknown) => logger.warn({ err: error }, 'PostgreSQL cannot be used yet'))
  const revocations = createRevocations({ clock })
  const exports = createRunningExports({ clock, revocations })
  const feed = startRevocationFeed({
    ...{ db, bus, clock, revocations },
    onRevoked: () => {
      hub.endStale()
      exports.endStale()
    },
  })
  const initialLimits = { read: config.stravaReadLimit, overall: config.stravaOverallLimit }
  const queries = createQueries({
    ...{ db, clock, cacheMaxAgeMs: config.cacheMaxAge, initialLimits, keys: config.sessionKeys },
    signUp: { mode: config.signUp, athleteLimit: config.stravaAthleteLimit },
    activityCacheBytes: config.activityCacheMib * 1_048_576,
    invalidationIsLive: () => events.isLive(),
  })
  const registry = createRegistry('gateway')
  const signals = createSignals(bus, clock)
  const hub = createLiveHub({ clock, logger, revocations, signals, readImport: queries.import })
  const events = startEventFeed({
    bus,
    backlog: MAX_REMEMBERED_EVENTS,
    onStart: hub.startAt,
    onEvent: (event) => {
      // First, so that a client that reacts to the event does not read the old state.
      queries.invalidate(event.athleteId)
      hub.record(event)
    },
  })
  const app = await createPublicHttp({
    ...{ config, logger, clock, registry, queries, revocations, feed, hub, exports, signals },
    disconnect: (athleteId) => disconnect(bus, athleteId),
    db,
    origins: createAppOrigins(() => registeredOrigins(db), clock, config.corsOrigins),
    accessRequests: createAccessRequests(bus),
  })
  const teams = await startService(
    bus,
    ABOUT,
    teamEndpoints(queries),
    limitTeams(clock, config.teamRateLimit),
  )
  const checks = {
    postgres: async () => {
      // Requests get 503 until this process has noticed the end of an outage.
      availability.assertUp()
      await schema.ping()
    },
    nats: bus.ping,
    streams: () => checkAssets(bus, { streams: [STREAMS.events, STREAMS.fetch] }),
    sessions: async () => {
      if (!feed.isLoaded()) throw new Error('the revoked sessions are not loaded yet')
    },
  }
  const { host, port, adminPort } = config
  const admin = await createAdminServer({ host, port: adminPort, checks, registry, logger })
  // Listens after the first read of revocations, so that the first requests with a session do not get 503.
  await feed.attempted
  return {
    app,
    urls: { http: await app.listen({ host, port }), admin: admin.url },
    registry,
    ended: Promise.race([bus.closed(), schema.unusable]),
    stop: async () => {
      admin.setClosing()
      hub.close()
      await Promise.all([app.close(), teams.stop(), feed.stop(), events.stop()])
      await bus.close()
      availability.close()
      await database.close()
      await admin.close()
    },
  }
}

/** Pings PostgreSQL; `unusable` resolves with the reason once the schema turns out to be one that this release cannot work with. */
function watchSchema(database: Pick<Database, 'ping'>) {
  let giveUp = (_: Error) => {}
  const unusable = new Promise<Error>((resolve) => {
    giveUp = resolve
  })
  const ping = async () => {
    try {
      await database.ping()
    } catch (error) {
      if (error instanceof MigrationMismatchError) giveUp(error)
      throw error
    }
  }
  return { ping, unusable }
}
