import { readFileSync } from 'node:fs'
import { type Bus, connectBus, STREAMS } from '@ikigai/bus'
import { type Clock, createLogger } from '@ikigai/chassis'
import { type Environment, loadConfig } from '@ikigai/chassis/config'
import { athletes, openDatabase, webhookOutages, webhookSubscriptions } from '@ikigai/db'
import { captureLogs, type TestContext, testDatabase, testNats } from '@ikigai/testkit'
import { type Ingest, ingestSettings, startIngest } from '../src/app.ts'

export const SECRET = 'a-path-secret-of-some-length'
export const VERIFY_TOKEN = 'a-verify-token'
/** The subscription that recorded events name: see the fixtures. */
export const SUBSCRIPTION_ID = '364348'

/** Athletes with an account: the owners of the recorded events, and the largest possible ids. */
const OWNERS = [
  '2257522',
  '2641043',
  '136850',
  '12118520',
  '13356180',
  '9007199254740993',
  '9223372036854775807',
]

/** A message of the stream. */
export interface Stored {
  readonly subject: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** Far longer than Strava waits, for a busy machine; only a failing test waits that long. */
const PATIENT_MS = 20_000

/**
 * PostgreSQL and NATS of one test file, and the replicas of ingest that it starts.
 *
 * @param isPatient false: events are answered within Strava's own time
 */
export async function startHarness(t: TestContext, { isPatient = true } = {}) {
  const answerDeadlineMs = isPatient ? PATIENT_MS : undefined
  const [{ url: databaseUrl }, nats] = await Promise.all([testDatabase(t), testNats(t)])
  const database = openDatabase({ url: databaseUrl, name: 'test' })
  t.teardown(() => database.close())
  const logs = captureLogs()
  const logger = createLogger({ service: 'ingest', level: 'info', destination: logs })
  const bus = await connectBus({ servers: [nats.url], name: 'test', logger })
  t.teardown(() => bus.close())
  const { db } = database
  const connectedAt = new Date()
  await db.insert(athletes).values(OWNERS.map((id) => ({ id, scopes: ['activity:read_all'], connectedAt })))
  const env: Environment = {
    DATABASE_URL: databaseUrl,
    NATS_URL: nats.url,
    WEBHOOK_URL: 'http://127.0.0.1:1',
    STRAVA_CLIENT_ID: '12345',
    STRAVA_CLIENT_SECRET: 'simulator-client-secret',
    STRAVA_WEBHOOK_SECRET: SECRET,
    STRAVA_WEBHOOK_VERIFY_TOKEN: VERIFY_TOKEN,
    STRAVA_WEBHOOK_SUBSCRIBE: 'false',
    PORT: '0',
    ADMIN_PORT: '0',
  }
  return {
    db,
    databaseUrl,
    bus,
    nats,
    logs,
    async ingest(changes: Environment = {}, clock?: Clock): Promise<Ingest> {
      const ingest = await startIngest(loadConfig({ ...env, ...changes }, ingestSettings), {
        logger,
        clock,
        answerDeadlineMs,
      })
      let stopped: Promise<void> | undefined
      const stop = () => {
        stopped ??= ingest.stop()
        return stopped
      }
      t.teardown(stop)
      return { ...ingest, stop }
    },
    /** Stores this subscription, as another replica would. */
    async subscribed(id: string, callbackUrl = 'https://ikigai.example'): Promise<void> {
      await db.delete(webhookSubscriptions)
      const row = { id, callbackUrl, seenAt: new Date() }
      await db.insert(webhookSubscriptions).values(row)
    },
    /** End of the last recorded outage. */
    async outage(): Promise<Date | undefined> {
      const [row] = await db.select({ outageTo: webhookOutages.outageTo }).from(webhookOutages)
      return row?.outageTo ?? undefined
    },
    /** The stored subscription ids. */
    async subscriptionIds(): Promise<string[]> {
      return (await db.select().from(webhookSubscriptions)).map(({ id }) => id)
    },
    stored: () => storedMessages(bus),
    /** Their number, without reading them. */
    async storedCount(): Promise<number> {
      const jsm = await bus.nc.jetstreamManager()
      return (await jsm.streams.info(STREAMS.stravaEvents)).state.messages
    },
  }
}

/** All messages of the stream of Strava's events, oldest first. */
async function storedMessages(bus: Bus): Promise<Stored[]> {
  const jsm = await bus.nc.jetstreamManager()
  const { state } = await jsm.streams.info(STREAMS.stravaEvents)
  const sequences = Array.from({ length: state.messages }, (_, index) => state.first_seq + index)
  return Promise.all(
    sequences.map(async (seq) => {
      const { subject, data, header } = await jsm.streams.getMessage(STREAMS.stravaEvents, { seq })
      const headers = Object.fromEntries([...header].map(([name, values]) => [name, values[0] ?? '']))
      return { subject, body: Buffer.from(data).toString('utf8'), headers }
    }),
  )
}

/** A recorded body, unchanged. */
export const fixture = (name: string) =>
  readFileSync(new URL(`./fixtures/event-${name}.json`, import.meta.url), 'utf8')

/** The body of an event. */
export const eventText = (changes: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({
    aspect_type: 'create',
    event_time: 1_787_205_955,
    object_id: 1_211_006_395,
    object_type: 'activity',
    owner_id: 2_257_522,
    subscription_id: Number(SUBSCRIPTION_ID),
    updates: {},
    ...changes,
  })

/** Posts a body as Strava does. */
export async function deliver(
  { urls }: Pick<Ingest, 'urls'>,
  body: string | Uint8Array<ArrayBuffer>,
  { secret = SECRET, headers = {} }: { secret?: string; headers?: Readonly<Record<string, string>> } = {},
) {
  const response = await fetch(`${urls.http}/webhooks/strava/${secret}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  const text = await response.text()
  const json: unknown = JSON.parse(text)
  return { status: response.status, headers: response.headers, text, json }
}
