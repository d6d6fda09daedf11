import { connectBus, fetchSubject, provision, publish } from '@ikigai/bus'
import { createLogger, Registry } from '@ikigai/chassis'
import { activities, athletes, backups, openDatabase, outbox } from '@ikigai/db'
import { openLedger } from '@ikigai/quota'
import { captureLogs, TestClock, testDatabase, testNats } from '@ikigai/testkit'
import t from 'tap'
import { registerQuotaMetrics } from '../src/quota-metrics.ts'
import { schedule } from '../src/schedule/schedule.ts'
import { registerStateMetrics } from '../src/state-metrics.ts'

const clock = new TestClock(Date.parse('2030-03-05T10:01:00Z'))
const ago = (seconds: number) => new Date(clock.now() - seconds * 1_000)
const [database, nats] = await Promise.all([testDatabase(t), testNats(t)])
const { db, close } = openDatabase({ url: database.url, name: 'test' })
t.teardown(close)
const logs = captureLogs()
const logger = createLogger({ service: 'fetcher', level: 'warn', destination: logs })
const bus = await connectBus({ servers: [nats.url], name: 'test', logger })
t.teardown(() => bus.close())
await provision(bus)

const limits = { read: { quarterHour: 100, day: 1_000 }, overall: { quarterHour: 200, day: 2_000 } }
const ledger = openLedger(db, limits)
const registry = new Registry()
registerStateMetrics(registry, { db, bus, clock, logger })
registerQuotaMetrics(registry, { db, ledger, clock, logger })

t.test('metrics: an idle fetcher shows its data and empty queues', async (t) => {
  const text = await registry.metrics()
  t.match(text, /^ikigai_outbox_messages 0$/m)
  t.match(text, /^ikigai_activities_oldest_age_seconds 0$/m)
  t.match(text, /^ikigai_backup_last_success_timestamp_seconds 0$/m)
  t.match(text, /^ikigai_stream_messages\{stream="DEAD"\} 0$/m)
  t.match(text, /^ikigai_strava_circuit\{state="closed",reason="none"\} 1$/m)
  t.match(text, /^ikigai_strava_calls_limit\{counter="read",window="15min"\} 100$/m)
  t.match(text, /^ikigai_strava_calls_used\{counter="overall",window="day"\} 0$/m)
})

t.test('metrics: show the depth and age of queues', async (t) => {
  await db.insert(athletes).values({ id: '7', scopes: ['read'], connectedAt: ago(0) })
  await db.insert(activities).values({ ...activity, confirmedAt: ago(3_600), observedAt: ago(3_600) })
  await db
    .insert(outbox)
    .values({ subject: 's', messageId: 'm', headers: {}, body: '{}', createdAt: ago(90) })
  await db.insert(backups).values([{ madeAt: ago(90_000) }, { madeAt: ago(3_600) }])
  await db.transaction((tx) => schedule(tx, [{ lane: 'signup', athleteId: '7' }], ago(30)))
  await publish(bus, { subject: fetchSubject('signup', '7'), body: '{}', messageId: 'one' })
  const reserved = await ledger.reserve('signup', clock.now())
  t.ok('lease' in reserved)

  const text = await registry.metrics()
  t.match(text, /^ikigai_outbox_oldest_age_seconds 90$/m)
  t.match(text, /^ikigai_activities_oldest_age_seconds 3600$/m)
  t.match(
    text,
    new RegExp(`^ikigai_backup_last_success_timestamp_seconds ${ago(3_600).getTime() / 1_000}$`, 'm'),
  )
  t.match(text, /^ikigai_fetch_queue_depth\{lane="signup",state="waiting"\} 1$/m)
  t.match(text, /^ikigai_fetch_queue_oldest_age_seconds\{lane="signup"\} 30$/m)
  t.match(text, /^ikigai_consumer_pending_messages\{stream="FETCH",consumer="\w+"\} 1$/m)
  t.match(text, /^ikigai_strava_calls_in_flight 1$/m)
  t.match(text, /^ikigai_strava_calls_used\{counter="read",window="day"\} 1$/m)
})

t.test('metrics: show why the circuit breaker is open', async (t) => {
  const reserved = await ledger.reserve('signup', clock.now())
  if (!('lease' in reserved)) throw new Error('no lease')
  await ledger.settle(reserved.lease, { result: 'application_inactive' }, clock.now())
  t.match(
    await registry.metrics(),
    /^ikigai_strava_circuit\{state="open",reason="application_inactive"\} 1$/m,
  )
})

const activity = {
  id: '1',
  athleteId: '7',
  name: 'A run',
  sportType: 'Run',
  startAt: ago(7_200),
  utcOffsetSeconds: 0,
  distanceMeters: 1,
  movingTimeSeconds: 1,
  elapsedTimeSeconds: 1,
  elevationGainMeters: 0,
  private: false,
  manual: false,
}
