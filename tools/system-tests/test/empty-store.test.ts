import { connectBus, STREAMS, teamConsumer } from '@ikigai/bus'
import { webhookOutages } from '@ikigai/db'
import { eventually } from '@ikigai/testkit'
import t from 'tap'
import { startStack } from './stack.ts'
import { addTeam } from './teams/add-team.ts'

const stack = await startStack(t)
const { admin } = stack.strava

async function readiness(): Promise<{ status: number; checks: Record<string, string> }[]> {
  return Promise.all(
    stack.adminUrls.map(async (url) => {
      const response = await fetch(`${url}/readyz`)
      return { status: response.status, checks: JSON.parse(await response.text()).checks }
    }),
  )
}
const allReady = async () => (await readiness()).every(({ status }) => status === 200)

t.test('NATS restarted with an empty store: everything works again without a restart', async (t) => {
  await eventually(() => admin.subscription() !== null)
  const { id } = admin.createAthlete({ activities: 8 })
  const visitor = await stack.signIn(id)
  await eventually(async () => (await visitor.get('/v1/import')).body['state'] === 'complete')

  await addTeam(stack, 'red')

  await stack.nats.interrupt()
  await eventually(async () => (await readiness()).every(({ status }) => status === 503))
  await stack.nats.resume({ emptyStore: true })
  await eventually(allReady, { timeoutMs: 60_000 })
  await eventually(async () => (await stack.db.select().from(webhookOutages))[0]?.outageTo, {
    what: 'what the store held is lost, so every history is resynced within hours',
  })

  const created = admin.createActivity(id, { name: 'After the loss' })
  await eventually(async () => (await visitor.get(`/v1/activities/${created.id}`)).status === 200, {
    timeoutMs: 60_000,
    what: 'a webhook is taken and dealt with',
  })
  const { id: newcomer } = admin.createAthlete({ activities: 3 })
  const other = await stack.signIn(newcomer)
  await eventually(async () => (await other.get('/v1/import')).body['state'] === 'complete', {
    timeoutMs: 60_000,
    what: 'a sign-up is imported',
  })
  const bus = await connectBus({ servers: [stack.natsUrl], name: 'test', logger: stack.logger })
  t.teardown(() => bus.close())
  const jsm = await bus.nc.jetstreamManager()
  await eventually(async () => (await jsm.streams.info(STREAMS.events)).state.messages > 0, {
    what: 'events are published',
  })
  await eventually(async () => (await teamConsumer(bus, 'red'))?.num_pending, {
    what: 'a team has its consumer again, with the events since',
  })
})

t.test('NATS: a deleted stream or consumer is reported by name and made again', async (t) => {
  const bus = await connectBus({ servers: [stack.natsUrl], name: 'test', logger: stack.logger })
  t.teardown(() => bus.close())
  const jsm = await bus.nc.jetstreamManager()
  // The fetcher may make them again before anybody looks.
  await eventually(async () => {
    for (const stream of Object.values(STREAMS)) await jsm.streams.delete(stream).catch(() => {})
    return !(await allReady())
  })
  await eventually(allReady, { timeoutMs: 60_000, what: 'all streams are made again' })
  for (const stream of Object.values(STREAMS)) t.equal((await jsm.streams.info(stream)).config.name, stream)
  await eventually(async () => {
    await jsm.consumers.delete(STREAMS.stravaEvents, 'fetcher').catch(() => {})
    const found = await readiness()
    return found.some(({ checks }) => checks['streams']?.includes('no consumer fetcher of STRAVA_EVENTS'))
  })
  await eventually(allReady, { timeoutMs: 60_000, what: 'the consumer is made again' })
})
