import { randomBytes } from 'node:crypto'
import { authSettings, startAuth } from '@ikigai/auth'
import { connectBus, type NatsUser, provision } from '@ikigai/bus'
import { type Clock, createLogger, type Logger, systemClock } from '@ikigai/chassis'
import { loadConfig } from '@ikigai/chassis/config'
import { type DatabaseUser, type Db, openDatabase } from '@ikigai/db'
import { fetcherSettings, startFetcher } from '@ikigai/fetcher'
import { gatewaySettings, startGateway } from '@ikigai/gateway'
import { ingestSettings, startIngest } from '@ikigai/ingest'
import { type Scope, type Simulator, type SimulatorOptions, startSimulator } from '@ikigai/simulator'
import {
  type Browser,
  browser,
  captureLogs,
  freePort,
  type LogCapture,
  type Page,
  type TestContext,
  type TestNats,
  testDatabase,
  testNats,
  testRoles,
} from '@ikigai/testkit'

/** Options of the stack of a test. */
export interface StackOptions {
  readonly clock?: Clock
  readonly limits?: SimulatorOptions['limits']
  /** How many fetchers share the work; none leaves their place to processes of the test's own. */
  readonly fetchers?: number
  readonly env?: Readonly<Record<string, string>>
}

/**
 * All of ikigai in this process, on a database and a NATS server of its own, with the simulator as Strava. Each service
 * has the rights of its role and its NATS user, and no others; the test itself may do anything.
 */
export interface Stack {
  readonly strava: Simulator
  readonly db: Db
  readonly natsUrl: string
  readonly nats: TestNats
  /** The environment of the operator's commands. */
  readonly operatorEnv: Readonly<Record<string, string>>
  readonly publicUrl: string
  readonly webhookUrl: string
  /** The operators' ports: of gateway, auth, ingest and every fetcher. */
  readonly adminUrls: readonly string[]
  /** Environment of all services, with every privilege. */
  readonly env: Readonly<Record<string, string>>
  /** The environment of a service, with its own rights, in a process of the test's own. */
  envOf(service: DatabaseUser & NatsUser): Readonly<Record<string, string>>
  readonly logger: Logger
  readonly logs: LogCapture
  /** Signs an athlete in, through the gateway and the simulator's page; `scopes`: those that the athlete allows; all by default. */
  signIn(athleteId: string, scopes?: Scope[]): Promise<SignedIn>
  startFetcher(): Promise<{ stop(): Promise<void> }>
}

/** An athlete with a browser session. */
export interface SignedIn {
  readonly browser: Browser
  readonly hops: readonly string[]
  /** Asks the gateway, as the athlete. */
  get(path: string): Promise<{ status: number; body: Record<string, unknown> }>
}

const LOOSE = {
  read: { fifteenMinutes: 10_000, day: 100_000 },
  overall: { fifteenMinutes: 20_000, day: 200_000 },
}

export async function startStack(t: TestContext, options: StackOptions = {}): Promise<Stack> {
  const { clock = systemClock, limits = LOOSE, fetchers = 1 } = options
  const logs = captureLogs()
  const logger = createLogger({ service: 'system', level: 'debug', destination: logs })
  const [database, nats, gatewayPort, ingestPort] = await Promise.all([
    testDatabase(t),
    testNats(t, { users: true }),
    freePort(),
    freePort(),
  ])
  const databaseUrls = await testRoles(t, database)
  await provisionAsFetcher(nats, logger)
  t.teardown(() => expectNoRefusal(logs))
  const strava = await startSimulator({ clock, limits, settings: { webhookRetryDelayMs: 20 } })
  t.teardown(() => strava.close())
  const publicUrl = `http://127.0.0.1:${gatewayPort}`
  const webhookUrl = `http://127.0.0.1:${ingestPort}`
  const key = () => `k1:${randomBytes(32).toString('base64')}`
  const shared = {
    HOST: '127.0.0.1',
    PORT: '0',
    ADMIN_PORT: '0',
    DATABASE_URL: database.url,
    NATS_URL: nats.url,
    PUBLIC_URL: publicUrl,
    WEBHOOK_URL: webhookUrl,
    STRAVA_CLIENT_ID: strava.clientId,
    STRAVA_CLIENT_SECRET: strava.clientSecret,
    STRAVA_API_URL: strava.apiUrl,
    STRAVA_OAUTH_URL: strava.oauthUrl,
    STRAVA_READ_LIMIT: `${limits.read.fifteenMinutes},${limits.read.day}`,
    STRAVA_OVERALL_LIMIT: `${limits.overall.fifteenMinutes},${limits.overall.day}`,
    STRAVA_WEBHOOK_VERIFY_TOKEN: 'verify-token-of-the-test',
    STRAVA_WEBHOOK_SECRET: 'webhook-secret-of-the-test-0123456789',
    // Tests count calls, so these are off by default.
    ENRICH: 'false',
    TOKEN_ENCRYPTION_KEYS: key(),
    SESSION_KEYS: key(),
    // A busy machine may need long for what a test expects within the callback.
    SIGNUP_WAIT: '30s',
    // All browsers of a test have one address.
    AUTH_RATE_LIMIT: '100000',
    API_RATE_LIMIT: '100000',
    ...options.env,
  }
  const envOf = (service: DatabaseUser & NatsUser) => {
    const { user, password } = nats.credentialsOf(service)
    return { ...shared, DATABASE_URL: databaseUrls[service], NATS_USER: user, NATS_PASSWORD: password }
  }
  const deps = { logger, clock }

  const auth = await startAuth(loadConfig(envOf('auth'), authSettings), deps)
  t.teardown(() => auth.stop())
  const ingest = await startIngest(
    loadConfig({ ...envOf('ingest'), PORT: String(ingestPort) }, ingestSettings),
    deps,
  )
  t.teardown(() => ingest.stop())
  const gateway = await startGateway(
    loadConfig({ ...envOf('gateway'), PORT: String(gatewayPort), AUTH_URL: auth.urls.http }, gatewaySettings),
    deps,
  )
  t.teardown(() => gateway.stop())
  const adminUrls = [gateway.urls.admin, auth.urls.admin, ingest.urls.admin]
  const startOne = async () => {
    const fetcher = await startFetcher(loadConfig(envOf('fetcher'), fetcherSettings), deps)
    t.teardown(() => fetcher.stop())
    adminUrls.push(fetcher.urls.admin)
    return fetcher
  }
  await Promise.all(Array.from({ length: fetchers }, startOne))
  const { db, close } = openDatabase({ url: database.url, name: 'test' })
  t.teardown(close)

  return {
    strava,
    db,
    natsUrl: nats.url,
    nats,
    operatorEnv: {
      DATABASE_URL: database.url,
      NATS_URL: nats.url,
      NATS_USER: nats.credentialsOf('operator').user,
      NATS_PASSWORD: nats.credentialsOf('operator').password,
      NATS_TEAMS_FILE: nats.teamsFile,
      NATS_PID_FILE: nats.pidFile,
    },
    publicUrl,
    webhookUrl,
    adminUrls,
    env: shared,
    envOf,
    logger,
    logs,
    startFetcher: startOne,
    signIn: (athleteId, scopes) => signIn(strava, publicUrl, athleteId, scopes),
  }
}

/** A right that is missing may show nowhere else: what was refused is tried again, or not missed. */
function expectNoRefusal(logs: LogCapture): void {
  const refusal = logs
    .lines()
    .find((line) => /NATS refused a subject|permission denied/.test(JSON.stringify(line)))
  if (refusal !== undefined) throw new Error(`A service lacks a right: ${JSON.stringify(refusal)}`)
}

/** The streams are there before the services, whichever of them starts first. */
async function provisionAsFetcher(nats: TestNats, logger: Logger): Promise<void> {
  const bus = await connectBus({
    servers: [nats.url],
    name: 'fetcher',
    ...nats.credentialsOf('fetcher'),
    logger,
  })
  await provision(bus)
  await bus.close()
}

async function signIn(
  strava: Simulator,
  publicUrl: string,
  athleteId: string,
  scopes?: Scope[],
): Promise<SignedIn> {
  strava.admin.configure({ autoApprove: { athleteId } })
  const visitor = browser()
  const login = await visitor.get(`${publicUrl}/auth/login`, {
    headers: { accept: 'text/html' },
    follow: scopes === undefined,
  })
  const page = scopes === undefined ? login : await visitor.get(askingFor(login, scopes))
  if (page.status !== 200) throw new Error(`sign-in ended on ${page.url} with ${page.status}: ${page.body}`)
  return {
    browser: visitor,
    hops: page.hops,
    get: async (path) => {
      const answer = await visitor.get(`${publicUrl}${path}`)
      return { status: answer.status, body: asObject(answer.json()) }
    },
  }
}

/** Strava's page, as if ikigai had asked for just these scopes. */
function askingFor(login: Page, scopes: readonly Scope[]): URL {
  const address = new URL(login.headers.get('location') ?? '')
  address.searchParams.set('scope', scopes.join())
  return address
}

/** JSON answers of the API are objects. */
export function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new TypeError('not a JSON object')
  return Object.fromEntries(Object.entries(value))
}
