import { checkAssets, connectWith, provisionStreams, STREAMS, startService } from '@ikigai/bus'
import {
  BUILD,
  type Clock,
  connectionName,
  createAdminServer,
  createRegistry,
  type Logger,
  type StartedService,
  systemClock,
  waitForDependency,
} from '@ikigai/chassis'
import { migrate, openDatabase, watchAvailability } from '@ikigai/db'
import { registerBuiltInApps } from './apps/built-in-apps.ts'
import type { AuthConfig } from './config.ts'
import { createCore } from './core.ts'
import { createAuthHttp } from './http.ts'
import { internalEndpoints } from './internal/endpoints.ts'

export { type AuthConfig, authSettings } from './config.ts'

/** Dependencies that tests replace. */
export interface AuthDeps {
  readonly logger: Logger
  readonly clock?: Clock | undefined
}

/** A running auth: the server behind the gateway and the admin server. */
export type Auth = StartedService<'http' | 'admin'>

const ABOUT = {
  name: 'ikigai-auth',
  version: BUILD.version,
  description: 'Grants and sessions, for the services of ikigai',
}

/** Starts auth: sign-in with Strava, sessions, and the grants, which no other service reads. Any number of replicas may run. */
export async function startAuth(
  config: AuthConfig,
  { logger, clock = systemClock }: AuthDeps,
): Promise<Auth> {
  const { databaseUrl, databasePoolSize, host, port, adminPort } = config
  const registry = createRegistry('auth')
  const availability = watchAvailability(databaseUrl)
  const database = openDatabase({
    url: databaseUrl,
    availability,
    name: connectionName('auth'),
    max: Math.ceil(databasePoolSize / 2),
    total: databasePoolSize,
    user: 'auth',
  })
  // For transactions that last as long as a call to Strava, so that others do not wait for a connection.
  const slow = openDatabase({
    url: databaseUrl,
    availability,
    name: 'ikigai-auth-slow',
    max: Math.max(1, Math.floor(databasePoolSize / 2) - 1),
  })
  // For commits that must happen while all connections of the slow pool may be in use.
  const marks = openDatabase({ url: databaseUrl, availability, name: 'ikigai-auth-marks', max: 1 })
  const checks: Record<string, () => Promise<void>> = { postgres: database.ping }
  const admin = await createAdminServer({ host, port: adminPort, checks, registry, logger, started: false })
  await waitForDependency({ name: 'PostgreSQL', clock, logger }, async () => {
    await migrate(databaseUrl)
    await database.ping()
  })
  const bus = await waitForDependency({ name: 'NATS', clock, logger }, () =>
    connectWith(config, 'auth', logger),
  )
  checks['nats'] = bus.ping
  await waitForDependency({ name: 'JetStream', clock, logger }, () => provisionStreams(bus))
  checks['streams'] = () => checkAssets(bus, { streams: [STREAMS.fetch, STREAMS.events, STREAMS.dead] })

  await registerBuiltInApps(database.db, config.publicUrl, new Date(clock.now()))
  const core = createCore({
    config,
    db: database.db,
    slowDb: slow.db,
    markDb: marks.db,
    bus,
    clock,
    logger,
    registry,
  })
  await core.reapplyErasures()
  const serving = await startService(bus, ABOUT, internalEndpoints(core))
  const app = await createAuthHttp({ config, core, bus, clock, logger, registry })
  const url = await app.listen({ host, port })
  admin.setStarted()
  return {
    urls: { http: url, admin: admin.url },
    registry,
    ended: bus.closed(),
    stop: async () => {
      admin.setClosing()
      const { erasures, resealing, rechecks, apps } = core
      await Promise.all([
        app.close(),
        serving.stop(),
        erasures.stop(),
        resealing.stop(),
        rechecks.stop(),
        apps.cleanup.stop(),
      ])
      await core.relay.stop()
      await bus.close()
      availability.close()
      await Promise.all([database.close(), slow.close(), marks.close()])
      await admin.close()
    },
  }
}
