import { randomBytes } from 'node:crypto'
import {
  ack,
  type Bus,
  connectBus,
  consume,
  FETCH_CONSUMER,
  FETCH_REQUESTS,
  type JsMsg,
  provision,
  STREAMS,
} from '@ikigai/bus'
import { createLogger } from '@ikigai/chassis'
import { type Environment, loadConfig } from '@ikigai/chassis/config'
import { isValid } from '@ikigai/chassis/validation'
import { type Db, openDatabase } from '@ikigai/db'
import { type Simulator, startSimulator } from '@ikigai/simulator'
import {
  type Browser,
  browser,
  captureLogs,
  freePort,
  type LogCapture,
  type Page,
  TestClock,
  type TestContext,
  type TestNats,
  testDatabase,
  testNats,
} from '@ikigai/testkit'
import { type Auth, type AuthConfig, authSettings, startAuth } from '../src/app.ts'

/** PostgreSQL, NATS, a simulated Strava, a clock for all of them, and any number of replicas of auth. */
export interface Harness {
  readonly db: Db
  readonly bus: Bus
  readonly nats: TestNats
  readonly strava: Simulator
  readonly clock: TestClock
  readonly logs: LogCapture
  /** `PUBLIC_URL`: the address of the first replica. */
  readonly publicUrl: string
  readonly auth: Auth
  readonly config: AuthConfig
  /** Environment of every replica, for processes that a test starts. */
  readonly environment: Environment
  /** Starts another replica. */
  replica(env?: Environment): Promise<Auth>
  /** Starts a fake fetcher that answers every sign-up request with this outcome. */
  answerSignUps(outcome: 'stored' | 'waiting'): FakeFetcher
  /** Number of calls of a kind to the simulator. */
  calls(kind: keyof ReturnType<Simulator['admin']['counters']>['calls']): number
}

/** A consumer of sign-up requests in place of the fetcher. */
export interface FakeFetcher {
  /** The requests with a reply inbox. */
  readonly jobs: readonly JsMsg[]
  readonly requests: readonly JsMsg[]
  stop(): Promise<void>
}

export const HTML = { accept: 'text/html,application/xhtml+xml' }
export const JSON_ONLY = { accept: 'application/json' }

export async function startHarness(t: TestContext, env: Environment = {}): Promise<Harness> {
  const [database, nats, port] = await Promise.all([testDatabase(t), testNats(t), freePort()])
  // The real time, by which the test's browsers expire cookies.
  const clock = new TestClock(Date.now())
  const strava = await startSimulator({ clock })
  t.teardown(() => strava.close())
  const logs = captureLogs()
  const logger = createLogger({ service: 'auth', level: 'debug', destination: logs })
  const publicUrl = `http://127.0.0.1:${port}`
  const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`
  const shared = {
    HOST: '127.0.0.1',
    ADMIN_PORT: '0',
    DATABASE_URL: database.url,
    NATS_URL: nats.url,
    PUBLIC_URL: publicUrl,
    STRAVA_CLIENT_ID: strava.clientId,
    STRAVA_CLIENT_SECRET: strava.clientSecret,
    STRAVA_OAUTH_URL: strava.oauthUrl,
    TOKEN_ENCRYPTION_KEYS: key('t1'),
    SESSION_KEYS: key('s1'),
    // There is no fetcher, unless a test starts a fake one.
    SIGNUP_WAIT: '1ms',
    // All browsers of a test have one address.
    AUTH_RATE_LIMIT: '100000',
    ...env,
  }
  const configured = (overrides: Environment) => loadConfig({ ...shared, ...overrides }, authSettings)
  const start = async (overrides: Environment) => {
    const running = await startAuth(configured(overrides), { logger, clock })
    let stopped: Promise<void> | undefined
    const stop = () => {
      stopped ??= running.stop()
      return stopped
    }
    t.teardown(stop)
    return { ...running, stop }
  }
  const auth = await start({ PORT: String(port) })
  const bus = await connectBus({ servers: [nats.url], name: 'test', logger })
  await provision(bus)
  t.teardown(() => bus.close())
  const { db, close } = openDatabase({ url: database.url, name: 'test' })
  t.teardown(close)

  return {
    db,
    bus,
    nats,
    strava,
    clock,
    logs,
    publicUrl,
    auth,
    config: configured({ PORT: String(port) }),
    environment: shared,
    replica: (overrides = {}) => start({ PORT: '0', ...overrides }),
    answerSignUps: (outcome) => answerSignUps(t, bus, outcome),
    calls: (kind) => strava.admin.counters().calls[kind],
  }
}

function answerSignUps(t: TestContext, bus: Bus, outcome: string): FakeFetcher {
  const jobs: JsMsg[] = []
  const requests: JsMsg[] = []
  const working = consume(bus, {
    stream: STREAMS.fetch,
    consumer: FETCH_CONSUMER,
    concurrency: 1,
    handle: async (request) => {
      requests.push(request)
      const body: unknown = request.json()
      if (!isValid(FETCH_REQUESTS.signup, body) || body.reply_to === undefined) return ack
      jobs.push(request)
      bus.nc.publish(body.reply_to, JSON.stringify({ outcome }))
      return ack
    },
  })
  t.teardown(() => working.stop())
  return { jobs, requests, stop: () => working.stop() }
}

/** Creates an athlete at Strava who grants every scope. */
export function newAthlete({ strava }: Harness, activities = 0): string {
  const { id } = strava.admin.createAthlete({ activities })
  strava.admin.configure({ autoApprove: { athleteId: id } })
  return id
}

/** Signs an athlete in, in a browser of their own. */
export async function signIn(
  harness: Harness,
  athleteId: string,
  tab: Browser = browser(),
): Promise<{ readonly tab: Browser; readonly page: Page }> {
  harness.strava.admin.configure({ autoApprove: { athleteId } })
  const page = await tab.get(`${harness.publicUrl}/auth/login`, { headers: HTML })
  return { tab, page }
}

/** Signs in up to the redirect to the callback. @returns the callback's URL, which has not been requested */
export async function untilCallback(harness: Harness, tab: Browser, query = ''): Promise<URL> {
  const login = await tab.get(`${harness.publicUrl}/auth/login${query}`, { follow: false })
  const decided = await tab.get(login.headers.get('location') ?? '', { follow: false })
  return new URL(decided.headers.get('location') ?? '')
}

/** Value of the session cookie in a browser; undefined without one. */
export const sessionOf = (tab: Browser) => tab.cookies.get('127.0.0.1', 'ikigai_session')
