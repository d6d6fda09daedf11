import { randomBytes } from 'node:crypto'
import { freePort } from '@ikigai/dev-env'
import type { BenchmarkContext } from './context/benchmark-context.ts'
import type { Service } from './context/service.ts'

/** The stores of the services, and the environment that points to them. */
export interface ServiceStores {
  readonly databaseUrl: string
  readonly natsUrl: string
  readonly env: Readonly<Record<string, string>>
  readonly sessionKeys: string
  readonly webhookPath: string
}

const WEBHOOK_SECRET = 'webhook-secret-of-the-benchmark-0123456789'

/** A database, a NATS server, and an environment for the services on them. Strava is at `stravaUrl`, if anywhere. */
export async function createStores(
  context: BenchmarkContext,
  stravaUrl = 'http://127.0.0.1:9',
): Promise<ServiceStores> {
  const [databaseUrl, natsUrl] = await Promise.all([context.database(), context.nats()])
  const key = () => `k1:${randomBytes(32).toString('base64')}`
  const sessionKeys = key()
  return {
    databaseUrl,
    natsUrl,
    sessionKeys,
    webhookPath: `/webhooks/strava/${WEBHOOK_SECRET}`,
    env: {
      DATABASE_URL: databaseUrl,
      NATS_URL: natsUrl,
      PUBLIC_URL: 'http://127.0.0.1:8080',
      WEBHOOK_URL: 'http://127.0.0.1:8081',
      STRAVA_CLIENT_ID: '12345',
      STRAVA_CLIENT_SECRET: 'simulator-client-secret',
      STRAVA_API_URL: `${stravaUrl}/api/v3`,
      STRAVA_OAUTH_URL: `${stravaUrl}/oauth`,
      STRAVA_WEBHOOK_SUBSCRIBE: 'false',
      STRAVA_WEBHOOK_VERIFY_TOKEN: 'verify-token-of-the-benchmark',
      STRAVA_WEBHOOK_SECRET: WEBHOOK_SECRET,
      TOKEN_ENCRYPTION_KEYS: key(),
      SESSION_KEYS: sessionKeys,
      API_RATE_LIMIT: '1000000',
      AUTH_RATE_LIMIT: '1000000',
    },
  }
}

/** The Strava simulator in a process of its own. */
export interface Strava {
  readonly url: string
  /** Creates an athlete with a history. Returns the athlete's id. */
  createAthlete(activities: number): Promise<string>
  /** Records one more activity. Returns its id. No event is sent: there is no subscription. */
  createActivity(athleteId: string): Promise<string>
  /** The latest calls, oldest first. */
  calls(): Promise<readonly StravaCall[]>
  forgetCalls(): Promise<void>
  /** Has every call for an activity take so much longer (ms). */
  slowDetails(latencyMs: number): Promise<void>
  stop(): Promise<void>
}

/** One call as the simulator saw it. */
export interface StravaCall {
  readonly kind: string
  readonly athleteId: string | null
  readonly durationMs: number
}

/** Limits that are never met. */
const LIFTED = '1000000,100000000'

/** Starts the simulator. `limit`: calls per quarter of an hour and day, reads and all calls alike. */
export async function startStrava(context: BenchmarkContext, limit = LIFTED): Promise<Strava> {
  const service = await context.service(
    'tools/simulator',
    { READ_LIMIT: limit, OVERALL_LIMIT: limit },
    '/healthz',
  )
  const admin = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${service.url}/simulator${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`the simulator answers ${response.status} to ${path}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  return {
    url: service.url,
    createAthlete: async (activities) =>
      String(field(await admin('POST', '/athletes', { activities }), 'id')),
    createActivity: async (athleteId) =>
      String(field(await admin('POST', `/athletes/${athleteId}/activities`, {}), 'id')),
    calls: async () =>
      list(await admin('GET', '/calls')).map((one) => ({
        kind: String(field(one, 'kind')),
        athleteId: field(one, 'athleteId') === null ? null : String(field(one, 'athleteId')),
        durationMs: Number(field(one, 'durationMs')),
      })),
    forgetCalls: async () => {
      await admin('DELETE', '/counters')
    },
    slowDetails: async (latencyMs) => {
      await admin('POST', '/faults', { kind: 'slow', route: 'detail', latencyMs })
    },
    stop: service.stop,
  }
}

/** A field of a JSON object; undefined when there is none. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** auth, fetcher and gateway on the same stores: all that a sign-up needs. */
export interface Stack {
  readonly stores: ServiceStores
  readonly publicUrl: string
  readonly services: { readonly auth: Service; readonly fetcher: Service; readonly gateway: Service }
  signIn(athleteId: string): Promise<SignIn>
}

/** The outcome of a sign-in. */
export interface SignIn {
  /** Of the callback alone: from the code to the session. */
  readonly callbackMs: number
  /** As a header value. */
  readonly authorization: string
}

/** Starts auth, fetcher and gateway. `limits`: what the fetcher believes in at first. */
export async function startStack(context: BenchmarkContext, strava: Strava, limit = LIFTED): Promise<Stack> {
  const stores = await createStores(context, strava.url)
  const port = String(await freePort())
  const publicUrl = `http://127.0.0.1:${port}`
  const env = {
    ...stores.env,
    PUBLIC_URL: publicUrl,
    // It takes whatever Strava's limit leaves, and here there is none.
    ENRICH: 'false',
    STRAVA_READ_LIMIT: limit,
    STRAVA_OVERALL_LIMIT: limit,
  }
  const [auth, fetcher] = await Promise.all([
    context.service('services/auth', env),
    context.service('services/fetcher', env),
  ])
  const gateway = await context.service('services/gateway', { ...env, PORT: port, AUTH_URL: auth.url })
  return {
    stores,
    publicUrl,
    services: { auth, fetcher, gateway },
    signIn: (athleteId) => signIn(publicUrl, athleteId),
  }
}

/** Signs in as a browser does: to Strava's page, where the athlete agrees, and back. */
async function signIn(publicUrl: string, athleteId: string): Promise<SignIn> {
  const begun = await fetch(`${publicUrl}/auth/login`, { redirect: 'manual' })
  const cookie = begun.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')
  const agreed = await fetch(`${begun.headers.get('location')}&athlete=${athleteId}&decision=authorize`, {
    redirect: 'manual',
  })
  const callback = agreed.headers.get('location') ?? ''
  const startedAt = performance.now()
  const answer = await fetch(callback, { headers: { cookie }, redirect: 'manual' })
  const body = await answer.text()
  const callbackMs = performance.now() - startedAt
  const session = answer.headers
    .getSetCookie()
    .map((line) => /^(?:__Host-)?ikigai_session=([^;]+)/.exec(line)?.[1])
    .find((token) => token !== undefined)
  if (session === undefined) throw new Error(`the sign-in ended with ${answer.status}: ${body}`)
  return { callbackMs, authorization: `Bearer ${session}` }
}
