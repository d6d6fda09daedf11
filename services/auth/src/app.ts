import { connectWith, provisionStreams, startService } from '@ikigai/bus'
import {
  type Clock,
  createAdminServer,
  createRegistry,
  type Logger,
  type RunningService,
  systemClock,
  waitForDependency,
} from '@ikigai/chassis'
import { migrate, openDatabase } from '@ikigai/db'
import type { AuthConfig } from './config.ts'
import { createCore } from './core.ts'
import { createAuthHttp } from './http.ts'
import { internalEndpoints } from './internal/endpoints.ts'

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

const ABOUT = {
  name: 'ikigai-auth',
  version: '0.1.0',
  description: 'Grants and sessions, for the services of ikigai',
}

/** Starts auth: Strava's OAuth, and the only keeper of the grants. Any number of them share the work. */
export async function startAuth(
  config: AuthConfig,
  { logger, clock = systemClock }: AuthDeps,
): Promise<Auth> {
  const { databaseUrl, databasePoolSize, host, port, adminPort } = config
  const registry = createRegistry('auth')
  const database = openDatabase({
    url: databaseUrl,
    name: 'ikigai-auth',
    max: Math.ceil(databasePoolSize / 2),
    total: databasePoolSize,
    user: 'auth',
  })
  // Its connections wait for Strava, so that those of the other pool need not.
  const slow = openDatabase({
    url: databaseUrl,
    name: 'ikigai-auth-slow',
    max: Math.max(1, Math.floor(databasePoolSize / 2) - 1),
  })
  // Commits while the connections of the other pool wait.
  const marks = openDatabase({ url: databaseUrl, name: 'ikigai-auth-marks', max: 1 })
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
  const serving = await startService(bus, ABOUT, internalEndpoints(core))
  const app = await createAuthHttp({ config, core, bus, clock, logger, registry })
  const url = await app.listen({ host, port })
  admin.setStarted()
  return {
    url,
    adminUrl: admin.url,
    ended: bus.closed(),
    stop: async () => {
      admin.setClosing()
      const { erasures, resealing, ageing } = core
      await Promise.all([app.close(), serving.stop(), erasures.stop(), resealing.stop(), ageing.stop()])
      await core.relay.stop()
      await bus.close()
      await Promise.all([database.close(), slow.close(), marks.close()])
      await admin.close()
    },
  }
}
