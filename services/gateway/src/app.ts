import { connectWith, startService } from '@ikigai/bus'
import {
  type AdminServer,
  type Clock,
  createAdminServer,
  createLogger,
  createRegistry,
  type HttpApp,
  type Logger,
  systemClock,
} from '@ikigai/chassis'
import { openDatabase } from '@ikigai/db'
import { createRevocations } from '@ikigai/sessions'
import { disconnect } from './account/disconnect.ts'
import type { GatewayConfig } from './config.ts'
import { createRunningExports } from './export/running-exports.ts'
import { createPublicHttp } from './http.ts'
import { startEventFeed } from './live/event-feed.ts'
import { createHints } from './live/hints.ts'
import { createLiveHub, REMEMBERED_EVENTS } from './live/live-hub.ts'
import { createReads } from './reads/reads.ts'
import { startRevocationFeed } from './sessions/revocation-feed.ts'
import { teamEndpoints } from './teams/endpoints.ts'

export { type GatewayConfig, gatewaySettings } from './config.ts'

/** What a gateway can be given instead of the machine's own. */
export interface GatewayDeps {
  readonly clock?: Clock
  readonly logger?: Logger
}

/** A gateway: connected to NATS, answering other teams, and ready to listen. */
export interface Gateway {
  readonly app: HttpApp
  /** Opens the public and the operators' port. */
  listen(): Promise<{ readonly url: string; readonly adminUrl: string }>
  /** Resolves when the connection to NATS has ended for good. */
  readonly ended: Promise<unknown>
  /** Takes no more requests, answers those under way, closes everything. */
  close(): Promise<void>
}

const ABOUT = {
  name: 'ikigai-api',
  version: '0.1.0',
  description: 'Activities of athletes, as Strava gave them',
}

/** Builds a gateway. It waits for NATS; Postgres may come later, and until then no session is trusted. */
export async function createGateway(config: GatewayConfig, deps: GatewayDeps = {}): Promise<Gateway> {
  const { clock = systemClock, logger = createLogger({ service: 'gateway', level: config.logLevel }) } = deps
  const bus = await connectWith(config, 'gateway', logger)
  const database = openDatabase({
    url: config.databaseUrl,
    name: 'gateway',
    max: config.databasePoolSize,
    user: 'gateway',
  })
  const { db } = database
  // It may come later; what keeps it from being of use is to be read at once, and at /readyz.
  database.ping().catch((error: unknown) => logger.warn({ err: error }, 'PostgreSQL cannot be used yet'))
  const revocations = createRevocations({ clock })
  const exports = createRunningExports({ clock, revocations })
  const feed = startRevocationFeed({
    ...{ db, bus, clock, revocations },
    onRevoked: () => {
      hub.endStale()
      exports.endStale()
    },
  })
  const coldStartLimits = { read: config.stravaReadLimit, overall: config.stravaOverallLimit }
  const reads = createReads({
    ...{ db, clock, cacheMaxAgeMs: config.cacheMaxAge, coldStartLimits, keys: config.sessionKeys },
    isTold: () => events.isLive(),
  })
  const registry = createRegistry('gateway')
  const hints = createHints(bus, clock)
  const hub = createLiveHub({ clock, logger, revocations, hints, readImport: reads.import })
  const events = startEventFeed({
    bus,
    backlog: REMEMBERED_EVENTS,
    onStart: hub.startAt,
    onEvent: (event) => {
      // Before anybody is told of it, so that whoever asks then does not get what was before.
      reads.forget(event.athleteId)
      hub.note(event)
    },
  })
  const app = await createPublicHttp({
    ...{ config, logger, clock, registry, reads, revocations, feed, hub, exports, hints },
    disconnect: (athleteId) => disconnect(bus, athleteId),
  })
  const teams = await startService(bus, ABOUT, teamEndpoints(reads))
  let admin: AdminServer | undefined

  const checks = {
    postgres: database.ping,
    nats: bus.ping,
    sessions: async () => {
      if (!feed.isLoaded()) throw new Error('the revoked sessions are not known yet')
    },
  }
  return {
    app,
    listen: async () => {
      const { host, port, adminPort } = config
      admin = await createAdminServer({ host, port: adminPort, checks, registry, logger })
      return { url: await app.listen({ host, port }), adminUrl: admin.url }
    },
    ended: bus.closed(),
    close: async () => {
      admin?.setClosing()
      hub.close()
      await Promise.all([app.close(), teams.stop(), feed.stop(), events.stop()])
      await bus.close()
      await database.close()
      await admin?.close()
    },
  }
}
