import { authSettings, startAuth } from '@ikigai/auth'
import { connectBus, provision } from '@ikigai/bus'
import { createLogger, type Registry } from '@ikigai/chassis'
import { loadConfig } from '@ikigai/chassis/config'
import { migrate } from '@ikigai/db'
import { fetcherSettings, startFetcher } from '@ikigai/fetcher'
import { gatewaySettings, startGateway } from '@ikigai/gateway'
import { ingestSettings, startIngest } from '@ikigai/ingest'

/** The registry of each service, by its name. */
export type ServiceRegistries = Readonly<Record<'gateway' | 'auth' | 'ingest' | 'fetcher', Registry>>

/**
 * Starts every service once, with nobody to serve and Strava out of reach, and hands their registries to `use`.
 * The database is migrated if it is empty.
 */
export async function withServiceRegistries<T>(
  servers: { readonly databaseUrl: string; readonly natsUrl: string },
  use: (registries: ServiceRegistries) => Promise<T>,
): Promise<T> {
  const logger = createLogger({ service: 'metrics', level: 'error' })
  const env = environment(servers)
  await migrate(servers.databaseUrl)
  const bus = await connectBus({ servers: [servers.natsUrl], name: 'metrics', logger })
  await provision(bus)
  await bus.close()
  const [auth, ingest, gateway, fetcher] = await Promise.all([
    startAuth(loadConfig(env, authSettings), { logger }),
    startIngest(loadConfig(env, ingestSettings), { logger }),
    startGateway(loadConfig(env, gatewaySettings), { logger }),
    startFetcher(loadConfig(env, fetcherSettings), { logger }),
  ])
  try {
    return await use({
      gateway: gateway.registry,
      auth: auth.registry,
      ingest: ingest.registry,
      fetcher: fetcher.registry,
    })
  } finally {
    await Promise.all([auth.stop(), ingest.stop(), gateway.stop(), fetcher.stop()])
  }
}

function environment({ databaseUrl, natsUrl }: { readonly databaseUrl: string; readonly natsUrl: string }) {
  const unreachable = 'http://127.0.0.1:1'
  const keys = `k1:${Buffer.alloc(32, 1).toString('base64')}`
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    ADMIN_PORT: '0',
    DATABASE_URL: databaseUrl,
    NATS_URL: natsUrl,
    PUBLIC_URL: 'http://localhost:8080',
    WEBHOOK_URL: 'http://localhost:8081',
    STRAVA_CLIENT_ID: '1',
    STRAVA_CLIENT_SECRET: 'none',
    STRAVA_ATHLETE_LIMIT: '10',
    STRAVA_API_URL: unreachable,
    STRAVA_OAUTH_URL: unreachable,
    STRAVA_WEBHOOK_SUBSCRIBE: 'false',
    STRAVA_WEBHOOK_VERIFY_TOKEN: 'none',
    STRAVA_WEBHOOK_SECRET: 'a-secret-of-the-metrics-page',
    STRAVA_WEBHOOK_SIGNING_KEY: 'none',
    SESSION_KEYS: keys,
    TOKEN_ENCRYPTION_KEYS: keys,
  }
}
