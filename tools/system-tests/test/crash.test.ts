import { activities, outbox } from '@ikigai/db'
import { eventually, spawnService } from '@ikigai/testkit'
import { count, eq } from 'drizzle-orm'
import { AckPolicy, connect, DeliverPolicy } from 'nats'
import t from 'tap'
import { startStack } from './stack.ts'

t.test('crash: a fetcher killed in the middle of a page loses and doubles nothing', async (t) => {
  const stack = await startStack(t, { fetchers: 0, env: { SIGNUP_WAIT: '50ms', JOB_LEASE: '1s' } })
  const { strava, db } = stack
  const athlete = strava.admin.createAthlete({ activities: 900 })
  // Each page takes a while at Strava, so that the kill falls into one.
  const slow = strava.admin.addFault({ kind: 'slow', latencyMs: 400, route: 'list' })
  const { PORT: _port, ADMIN_PORT: _adminPort, ...env } = stack.envOf('fetcher')
  const doomed = await spawnService(t, 'services/fetcher/src/main.ts', env)
  const visitor = await stack.signIn(athlete.id)
  await eventually(() => (strava.admin.counters().calls.list ?? 0) >= 3, { timeoutMs: 20_000 })
  await doomed.kill('SIGKILL')
  strava.admin.removeFault(slow.id)

  await stack.startFetcher()
  // The killed one's claim ends with its lease.
  await eventually(async () => (await visitor.get('/v1/import')).body['state'] === 'complete', {
    timeoutMs: 30_000,
  })
  const [stored] = await db
    .select({ n: count() })
    .from(activities)
    .where(eq(activities.athleteId, athlete.id))
  t.equal(stored?.n, 900)
  await eventually(async () => (await db.select({ n: count() }).from(outbox))[0]?.n === 0)

  const nc = await connect({ servers: stack.natsUrl })
  t.teardown(() => nc.close())
  const { num_pending: pending, name } = await (await nc.jetstreamManager()).consumers.add('EVENTS', {
    filter_subject: `ikigai.v1.event.activity.created.${athlete.id}`,
    deliver_policy: DeliverPolicy.All,
    ack_policy: AckPolicy.None,
  })
  t.equal(pending, 900, 'other teams were told as often')
  const told = new Set<string>()
  const consumer = await nc.jetstream().consumers.get('EVENTS', name)
  for await (const message of await consumer.fetch({ max_messages: pending })) {
    told.add(message.json<{ activity: { id: string } }>().activity.id)
  }
  t.equal(told.size, 900, 'of each one once')
})
