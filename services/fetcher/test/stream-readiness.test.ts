import {
  connectBus,
  deadSubject,
  fetchSubject,
  provision,
  publish,
  STREAMS,
  stravaEventSubject,
} from '@ikigai/bus'
import { createAdminServer, createLogger, Registry, systemClock } from '@ikigai/chassis'
import { eventSubject } from '@ikigai/contracts'
import { openDatabase } from '@ikigai/db'
import { captureLogs, testDatabase, testNats } from '@ikigai/testkit'
import t from 'tap'
import { registerStateMetrics } from '../src/state-metrics.ts'
import { checkStreams } from '../src/stream-fill.ts'

const [database, nats] = await Promise.all([testDatabase(t), testNats(t)])
const { db, close } = openDatabase({ url: database.url, name: 'test' })
t.teardown(close)
const logger = createLogger({ service: 'fetcher', level: 'warn', destination: captureLogs() })
const bus = await connectBus({ servers: [nats.url], name: 'test', logger })
t.teardown(() => bus.close())
await provision(bus)
const jsm = await bus.nc.jetstreamManager()
const registry = new Registry()
registerStateMetrics(registry, { db, bus, clock: systemClock, logger })
const admin = await createAdminServer({
  host: '127.0.0.1',
  port: 0,
  checks: { streams: () => checkStreams(bus) },
  registry,
  logger,
})
t.teardown(() => admin.close())

async function readiness() {
  const response = await fetch(`${admin.url}/readyz`)
  const body: unknown = JSON.parse(await response.text())
  return { status: response.status, body }
}

const SUBJECTS = {
  [STREAMS.stravaEvents]: (n: number) => stravaEventSubject('activity', 'create', String(n)),
  [STREAMS.fetch]: (n: number) => fetchSubject('signup', String(n)),
  [STREAMS.events]: (n: number) => eventSubject('activity.created', String(n)),
  [STREAMS.dead]: (n: number) => deadSubject('fetch', String(n)),
}

for (const [stream, subjectOf] of Object.entries(SUBJECTS)) {
  t.test(
    `readiness: with ${stream} full, the metric shows it, and /readyz fails if it refuses messages`,
    async (t) => {
      const { config } = await jsm.streams.info(stream)
      await jsm.streams.update(stream, { ...config, max_msgs: 10 })
      for (let n = 1; n <= 8; n += 1)
        await publish(bus, { subject: subjectOf(n), messageId: `${stream}${n}`, body: '{}' })
      t.match(await readiness(), { status: 200 }, 'eight of ten')
      await publish(bus, { subject: subjectOf(9), messageId: `${stream}9`, body: '{}' })
      const full = await readiness()
      if (stream === STREAMS.dead) t.match(full, { status: 200 }, 'the oldest dead letter is discarded')
      else t.match(full, { status: 503, body: { checks: { streams: `${stream} is nearly full` } } })
      t.match(
        await registry.metrics(),
        new RegExp(`^ikigai_stream_fill_ratio\\{stream="${stream}"\\} 0\\.9$`, 'm'),
      )
      await jsm.streams.purge(stream)
      await provision(bus)
      t.match(await readiness(), { status: 200 })
    },
  )
}

t.test('readiness: /readyz names a missing stream or consumer', async (t) => {
  await jsm.consumers.delete(STREAMS.stravaEvents, 'fetcher')
  t.match(await readiness(), {
    status: 503,
    body: { checks: { streams: /no consumer fetcher of STRAVA_EVENTS/ } },
  })
  await jsm.streams.delete(STREAMS.events)
  t.match(await readiness(), { status: 503, body: { checks: { streams: /no stream EVENTS/ } } })
  await provision(bus)
  t.match(await readiness(), { status: 200 })
  t.match(await registry.metrics(), /^ikigai_jetstream_missing_replicas\{stream="EVENTS"\} 0$/m)
})
