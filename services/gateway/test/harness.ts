import { randomBytes } from 'node:crypto'
import { connectBus, provision } from '@ikigai/bus'
import { createLogger, type Logger } from '@ikigai/chassis'
import { type Environment, loadConfig } from '@ikigai/chassis/config'
import type { Db } from '@ikigai/db'
import { mintSession, type Session } from '@ikigai/sessions'
import {
  captureLogs,
  eventually,
  type LogCapture,
  TestClock,
  type TestContext,
  testNats,
} from '@ikigai/testkit'
import { type Gateway, gatewaySettings, startGateway } from '../src/app.ts'
import { NOW, seededDatabase } from './seed.ts'

/** PostgreSQL, NATS and a clock of one test file, and the gateways that it starts. */
export interface Harness {
  readonly db: Db
  readonly databaseUrl: string
  readonly natsUrl: string
  readonly nats: Awaited<ReturnType<typeof testNats>>
  readonly clock: TestClock
  readonly logs: LogCapture
  readonly logger: Logger
  readonly env: Readonly<Record<string, string>>
  /** Starts a gateway, which is stopped at the end of the test `owner` (default: of the file). Use `app.inject`, or its URLs. */
  gateway(env?: Environment, owner?: TestContext): Promise<Gateway>
  /** A session with its token, as auth issues it. */
  signIn(athleteId: string, now?: number): Promise<{ readonly token: string; readonly session: Session }>
}

export async function startHarness(t: TestContext, { streams = false } = {}): Promise<Harness> {
  const { db, url: databaseUrl } = await seededDatabase(t)
  const nats = await testNats(t)
  const clock = new TestClock(NOW)
  const logs = captureLogs()
  const logger = createLogger({ service: 'gateway', level: 'info', destination: logs })
  if (streams) await provisionAsFetcher(nats.url, logger)
  const env = {
    DATABASE_URL: databaseUrl,
    NATS_URL: nats.url,
    PUBLIC_URL: 'http://localhost:8080',
    SESSION_KEYS: `s1:${randomBytes(32).toString('base64')}`,
    PORT: '0',
    ADMIN_PORT: '0',
  }
  const { sessionKeys: keys } = loadConfig(env, gatewaySettings)
  return {
    db,
    databaseUrl,
    natsUrl: nats.url,
    nats,
    clock,
    logs,
    logger,
    env,
    async gateway(overrides = {}, owner = t) {
      const gateway = await startGateway(loadConfig({ ...env, ...overrides }, gatewaySettings), {
        clock,
        logger,
      })
      owner.teardown(() => gateway.stop())
      // On a busy machine the first connection may be late; until then no session is trusted.
      if (overrides['DATABASE_URL'] === undefined) await eventually(() => trustsSessions(gateway))
      return gateway
    },
    signIn: (athleteId, now = clock.now()) => mintSession({ keys, athleteId, now }),
  }
}

/** The header that a client app sends. */
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
/** The header that a browser sends. */
export const cookie = (token: string) => ({ cookie: `ikigai_session=${token}` })

async function trustsSessions({ urls }: Gateway): Promise<boolean> {
  const { checks } = JSON.parse(await (await fetch(`${urls.admin}/readyz`)).text())
  return checks.postgres === 'ok' && checks.sessions === 'ok'
}

/** Creates the streams, as a fetcher does. */
async function provisionAsFetcher(url: string, logger: Logger): Promise<void> {
  const bus = await connectBus({ servers: [url], name: 'fetcher', logger })
  await provision(bus)
  await bus.close()
}
