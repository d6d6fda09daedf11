import { captureLogs, eventually, testNats } from '@ikigai/testkit'
import { AckPolicy, type JetStreamManager, nanos, RetentionPolicy } from 'nats'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import {
  ack,
  type ConsumeOptions,
  connectBus,
  consume,
  type Disposition,
  type JsMsg,
  nak,
  term,
} from '../src/index.ts'

const nats = await testNats(t)
const logs = captureLogs()
const bus = await connectBus({ servers: [nats.url], name: 'bus-test', logger: pino({}, logs) })
t.teardown(() => bus.close())
const jsm = await bus.nc.jetstreamManager()
let streams = 0

/** A work queue with one durable consumer, for one test. */
async function queue(ackWaitMs = 30_000) {
  streams += 1
  const stream = `WORK${streams}`
  await jsm.streams.add({ name: stream, subjects: [`work.${stream}`], retention: RetentionPolicy.Workqueue })
  await addConsumer(jsm, stream, ackWaitMs)
  return {
    stream,
    put: async (...bodies: string[]) => {
      for (const body of bodies) await bus.js.publish(`work.${stream}`, body)
    },
    left: async () => (await jsm.streams.info(stream)).state.messages,
    /** Pulls that the server holds for us. */
    waiting: async () => (await jsm.consumers.info(stream, 'worker')).num_waiting,
  }
}

const addConsumer = (manager: JetStreamManager, stream: string, ackWaitMs: number) =>
  manager.consumers.add(stream, {
    durable_name: 'worker',
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
  })

/** A handler that notes what it sees, and whose calls end when they are told to. */
function handler(decide: (body: string) => Disposition | Promise<Disposition> = () => ack) {
  const seen: string[] = []
  const deliveries: number[] = []
  const handle = async (message: JsMsg) => {
    seen.push(message.string())
    deliveries.push(message.info.redeliveryCount)
    return await decide(message.string())
  }
  return { seen, deliveries, handle }
}

/** Something that waits until it is let go. */
function latch() {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  return { released, release }
}

function start(t: Test, stream: string, options: Partial<ConsumeOptions> & Pick<ConsumeOptions, 'handle'>) {
  const working = consume(bus, { stream, consumer: 'worker', concurrency: 4, ...options })
  t.teardown(() => working.stop())
  return working
}

t.test('consume: every disposition ends a message', async (t) => {
  const { stream, put, left } = await queue()
  let returned = false
  const { seen, handle } = handler((body) => {
    if (body === 'poison') return term('of no use')
    if (body !== 'later' || returned) return ack
    returned = true
    return nak(1)
  })
  start(t, stream, { handle })
  await put('good', 'poison', 'later')
  await eventually(async () => (await left()) === 0)
  t.same(seen.toSorted(), ['good', 'later', 'later', 'poison'])
})

t.test('consumer: a handler that throws gets its message again, and the others go on', async (t) => {
  const { stream, put, left } = await queue()
  let thrown = 0
  const { seen, handle } = handler((body) => {
    if (body === 'bad' && thrown++ < 2) throw new Error('failed for once')
    return ack
  })
  start(t, stream, { handle, errorDelayMs: 1 })
  await put('bad', 'good')
  await eventually(async () => (await left()) === 0)
  t.same(seen.toSorted(), ['bad', 'bad', 'bad', 'good'])
  t.match(logs.text(), 'message handler failed')
})

t.test(
  'consumer: no more at once than asked for, and a place that becomes free is used while others are busy',
  async (t) => {
    const { stream, put, left } = await queue()
    const slow = latch()
    let [atOnce, most] = [0, 0]
    const { seen, handle } = handler(async (body) => {
      atOnce += 1
      most = Math.max(most, atOnce)
      if (body === 'slow') await slow.released
      atOnce -= 1
      return ack
    })
    start(t, stream, { handle, concurrency: 2 })
    await put('slow', ...Array.from({ length: 30 }, (_, index) => String(index)))
    await eventually(() => seen.length === 31, { timeoutMs: 9_000 })
    t.pass('one slow message delays none of the thirty that pass it')
    slow.release()
    await eventually(async () => (await left()) === 0)
    t.equal(most, 2)
  },
)

t.test('when idle, a message comes at once: the server holds a pull for each free place', async (t) => {
  const { stream, put, waiting } = await queue()
  const busy = latch()
  const { seen, handle } = handler(async (body) => {
    if (body === 'busy') await busy.released
    return ack
  })
  start(t, stream, { handle, concurrency: 3 })
  await eventually(async () => (await waiting()) > 0)
  await put('busy')
  await eventually(() => seen.length === 1)
  t.ok((await waiting()) > 0, 'still one for the places that are left')
  await put('next', 'and next')
  await eventually(() => seen.length === 3)
  busy.release()
})

t.test('consumer: without capacity it pulls nothing', async (t) => {
  const { stream, put, waiting, left } = await queue()
  const gate = latch()
  const { seen, handle } = handler()
  start(t, stream, { handle, waitForCapacity: () => gate.released })
  await put('one')
  await bus.nc.flush()
  t.equal(await waiting(), 0)
  t.same(seen, [])
  gate.release()
  await eventually(async () => (await left()) === 0)
  t.same(seen, ['one'])
})

t.test('consumer: a failed wait for capacity is repeated', async (t) => {
  const { stream, put, left } = await queue()
  let failures = 0
  const gate = async () => {
    failures += 1
    if (failures < 2) throw new Error('the ledger cannot be read')
  }
  start(t, stream, { handle: handler().handle, waitForCapacity: gate })
  await put('one')
  await eventually(async () => (await left()) === 0)
  t.match(logs.text(), 'waiting for capacity failed')
})

t.test('consumer: long work keeps its message', async (t) => {
  const { stream, put, left } = await queue(2_000)
  const { seen, handle } = handler(async () => {
    await new Promise((resolve) => setTimeout(resolve, 6_000))
    return ack
  })
  start(t, stream, { handle, heartbeatIntervalMs: 50 })
  await put('long')
  await eventually(async () => (await left()) === 0)
  t.same(seen, ['long'], 'three times its ack_wait, and delivered once')
})

t.test('consumer: stopping waits for what is under way and leaves the rest to others', async (t) => {
  const { stream, put, left } = await queue()
  const slow = latch()
  const { seen, handle } = handler(async () => {
    await slow.released
    return ack
  })
  const first = start(t, stream, { handle, concurrency: 2 })
  await put('a', 'b', 'c', 'd')
  await eventually(() => seen.length === 2)
  let hasStopped = false
  const stopping = first.stop().then(() => {
    hasStopped = true
  })
  const { seen: seenLater, handle: handleLater } = handler()
  start(t, stream, { handle: handleLater })
  await eventually(() => seenLater.length === 2)
  t.notOk(hasStopped)
  slow.release()
  await stopping
  await eventually(async () => (await left()) === 0)
  t.same(
    [seen, seenLater],
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  )
})

t.test('consumer: stopping ends the wait for capacity', async (t) => {
  const { stream } = await queue()
  const gate = (signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  const working = start(t, stream, { handle: handler().handle, waitForCapacity: gate })
  await working.stop()
  t.pass()
})

t.test('consumer: the consumer is deleted and made again', async (t) => {
  const { stream, put, left, waiting } = await queue()
  const { seen, handle } = handler()
  start(t, stream, { handle })
  await eventually(async () => (await waiting()) > 0)
  await jsm.consumers.delete(stream, 'worker')
  await put('while there is none')
  await addConsumer(jsm, stream, 30_000)
  await eventually(async () => (await left()) === 0, { timeoutMs: 30_000 })
  t.same(seen, ['while there is none'])
})

t.test('consumer: the server restarts during work', async (t) => {
  const { stream, put, left } = await queue(2_000)
  const slow = latch()
  const { seen, handle } = handler(async (body) => {
    if (body === 'during') await slow.released
    return ack
  })
  start(t, stream, { handle })
  await put('during')
  await eventually(() => seen.length === 1)
  await nats.interrupt('SIGKILL')
  slow.release()
  await nats.resume()
  await eventually(() => put('after').then(() => true), { timeoutMs: 30_000 })
  await eventually(async () => (await left()) === 0, { timeoutMs: 40_000 })
  t.ok(seen.includes('after'))
})
