import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connectBus, provision } from '@ikigai/bus'
import { enqueue, eventMessage, startRelay } from '@ikigai/outbox'
import { eventually, programArguments, type TestContext } from '@ikigai/testkit'
import t from 'tap'
import { startHarness } from './harness.ts'
import { addActivities, addAthlete, addImport, NOW, readsOf } from './seed.ts'

const EXAMPLE = new URL('../../../packages/contracts/examples/consumer.ts', import.meta.url)
const ME = '42'

const harness = await startHarness(t)
await harness.gateway()
const bus = await connectBus({ servers: [harness.natsUrl], name: 'test-fetcher', logger: harness.logger })
t.teardown(() => bus.close())
await provision(bus)
const relay = startRelay({ db: harness.db, bus, logger: harness.logger })
t.teardown(() => relay.stop())

/** A process of its own has to start first, which takes a busy machine long. */
const written = (has: () => boolean) => eventually(has, { timeoutMs: 60_000 })

/** Runs the example as another team would, with nothing of ours but the address of NATS. */
function runExample(t: TestContext, ...args: readonly string[]) {
  const { PATH, HOME } = process.env
  const child = spawn(process.execPath, [...programArguments(EXAMPLE), ...args], {
    env: { PATH, HOME, NATS_URL: harness.natsUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return {
    output: () => output,
    stop: async () => {
      child.kill('SIGINT')
      const [code]: unknown[] = await exited
      return code
    },
  }
}

/** Stores an activity and tells of it in one transaction, as the fetcher does. */
async function storeActivity(id: string): Promise<void> {
  await addActivities(harness.db, ME, [{ id }])
  const found = await readsOf(harness.db).activity(ME, id)
  if (found === undefined) throw new Error('not stored')
  const { activity } = found
  const message = eventMessage('activity.created', ME, { activity }, new Date(NOW))
  await harness.db.transaction((tx) => enqueue(tx, [message]))
  relay.kick()
}

t.test('prints an activity and the events, each once, and goes on where it ended', async (t) => {
  await addAthlete(harness.db, ME)
  await storeActivity('9007199254740993')
  const first = runExample(t, ME)
  await written(() => first.output().includes('"id":"9007199254740993"'))
  t.match(first.output(), 'activity 9007199254740993: Activity 9007199254740993, Run, 2026-06-14T12:00:00Z')
  t.match(
    first.output(),
    /^ikigai\.activity\.created 42 [0-9a-f-]{36} \{"activity":\{"id":"9007199254740993"/m,
  )
  await storeActivity('7')
  await written(() => first.output().includes('"id":"7"'))
  t.equal(await first.stop(), 0)

  await storeActivity('8')
  const second = runExample(t)
  await written(() => second.output().includes('"id":"8"'))
  t.notMatch(second.output(), '"id":"7"')
  t.equal(await second.stop(), 0)
})

t.test('says why there is no activity', async (t) => {
  await addAthlete(harness.db, '43')
  await addImport(harness.db, '43', { waitReason: 'rate_limited', waitUntil: new Date(NOW + 1_000) })
  const example = runExample(t, '43')
  await written(() => example.output().includes('following'))
  t.match(example.output(), /^no activity: \{"error":\{"code":"no_activity_yet".*"reason":"rate_limited"/m)
  t.equal(await example.stop(), 0)
})
