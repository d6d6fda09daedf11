import { publish, STREAMS } from '@ikigai/bus'
import { outbox } from '@ikigai/db'
import { eventually } from '@ikigai/testkit'
import { sql } from 'drizzle-orm'
import t, { type Test } from 'tap'
import { enqueue, type OutboxMessage, startRelay } from '../src/index.ts'
import {
  addAthlete,
  beforeDelete,
  lockAthlete,
  numbered,
  numbersSent,
  owe,
  owed,
  startHarness,
  upTo,
} from './harness.ts'

const harness = await startHarness(t)
const { db, bus, logger } = harness

/** With a long pause, so that what arrives was announced by wake(). */
function relay(t: Test, options: Partial<Parameters<typeof startRelay>[0]> = {}) {
  const started = startRelay({ db, bus, logger, idleMs: 60_000, ...options })
  t.teardown(() => started.stop())
  return started
}

t.test('outbox relay: a rolled back message is never sent', async (t) => {
  const sending = relay(t)
  const failing = db.transaction(async (tx) => {
    await enqueue(tx, [numbered('100', 1)])
    throw new Error('undone')
  })
  await t.rejects(failing, { message: 'undone' })
  await owe(db, '100', [2])
  sending.wake()
  await eventually(async () => (await owed(db)) === 0)
  t.same(await numbersSent(bus, '100'), [2])
})

t.test('outbox relay: an event carries its id as Nats-Msg-Id and ce-id, and its headers', async (t) => {
  await owe(db, '110', [1])
  const [row] = await db.select().from(outbox)
  await relay(t).flush()
  const jsm = await bus.nc.jetstreamManager()
  const message = await jsm.streams.getMessage(STREAMS.events, {
    last_by_subj: 'ikigai.v1.event.activity.deleted.110',
  })
  t.equal(message.header.get('Nats-Msg-Id'), row?.messageId)
  t.equal(message.header.get('ce-id'), row?.messageId)
  t.equal(message.header.get('ce-type'), row?.headers['ce-type'])
})

t.test('outbox relay: keeps each athlete’s order with many concurrent and slow transactions', async (t) => {
  const athletes = ['201', '202', '203', '204']
  for (const id of athletes) await addAthlete(db, id)
  const relays = [
    relay(t, { idleMs: 5 }),
    relay(t, { db: harness.openDb(), bus: await harness.connect(), idleMs: 5 }),
  ]
  const next = new Map(athletes.map((id) => [id, 1]))
  const change = async (id: string) => {
    await db.transaction(async (tx) => {
      await lockAthlete(tx, id)
      const number = next.get(id) ?? 0
      next.set(id, number + 2)
      await enqueue(tx, [numbered(id, number)])
      // Ids are drawn here, long before the commit: a later one of another athlete may be sent first.
      await tx.execute(sql`select pg_sleep(random() * 0.004)`)
      await enqueue(tx, [numbered(id, number + 1)])
    })
    for (const each of relays) each.wake()
  }
  await Promise.all(upTo(100).map((turn) => change(athletes[turn % 4] ?? '')))
  await eventually(async () => (await owed(db)) === 0)
  for (const id of athletes) t.same(await numbersSent(bus, id), upTo(50), `all of ${id}, in order`)
})

t.test('outbox relay: woken while another replica holds the lock', async (t) => {
  const undo = await beforeDelete(db, 'perform pg_sleep(0.3)')
  t.teardown(undo)
  const [here, there] = [relay(t), relay(t, { db: harness.openDb() })]
  await owe(db, '300', [1])
  there.wake()
  await eventually(async () => (await numbersSent(bus, '300')).length === 1)
  // The one there has read what it sends, and has not deleted it yet.
  await owe(db, '300', [2])
  here.wake()
  await eventually(async () => (await owed(db)) === 0)
  t.same(await numbersSent(bus, '300'), [1, 2], 'nobody has to wait for the pause between two looks')
})

t.test('outbox relay: a commit without a wake-up is found', async (t) => {
  relay(t, { idleMs: 10 })
  await owe(db, '400', [1])
  await eventually(async () => (await owed(db)) === 0)
  t.same(await numbersSent(bus, '400'), [1])
})

t.test('outbox relay: sends more than a batch, of one athlete and of many', async (t) => {
  await owe(db, '500', upTo(700))
  await db.transaction((tx) =>
    enqueue(
      tx,
      upTo(600).map((number) => numbered(String(50_000 + number), 1)),
    ),
  )
  await relay(t).flush()
  t.equal(await owed(db), 0)
  t.same(await numbersSent(bus, '500'), upTo(700))
})

t.test('outbox relay: keeps the order while another publisher uses the stream', async (t) => {
  await owe(db, '550', upTo(400))
  const [sending, other] = [relay(t), await harness.connect()]
  const subject = 'ikigai.v1.event.activity.deleted.551'
  const write = (number: number) =>
    publish(other, { subject, body: '{"id":"1"}', messageId: `other-${number}` })
  await Promise.all([sending.flush(), ...upTo(200).map(write)])
  t.same(await numbersSent(bus, '550'), upTo(400))
  t.equal(await owed(db), 0)
})

t.test('outbox relay: an undeliverable message blocks only its athlete', async (t) => {
  const lost: OutboxMessage = { ...numbered('701', 1), subject: 'ikigai.v1.nowhere.701' }
  await db.transaction((tx) => enqueue(tx, [lost, numbered('701', 2), numbered('702', 1)]))
  // Behind more rows of the blocked athlete than a batch has.
  await owe(db, '701', upTo(600, 3))
  await owe(db, '703', [1])
  const sending = relay(t, { idleMs: 10 })
  await eventually(async () => (await owed(db)) === 602)
  t.same([await numbersSent(bus, '702'), await numbersSent(bus, '703')], [[1], [1]])
  t.same(await numbersSent(bus, '701'), [])
  await t.rejects(sending.flush(), { code: '503' })
  t.match(harness.logs.text(), 'outbox: messages blocked')

  const jsm = await bus.nc.jetstreamManager()
  await jsm.streams.add({ name: 'NOWHERE', subjects: ['ikigai.v1.nowhere.>'] })
  await eventually(async () => (await owed(db)) === 0)
  t.same(await numbersSent(bus, '701'), upTo(601, 2), 'once there is a stream, all of it goes, in order')
})

t.test(
  'outbox relay: a message that NATS rejects for good becomes a dead letter, and later ones continue',
  async (t) => {
    const huge: OutboxMessage = { ...numbered('800', 1), body: JSON.stringify({ id: 'x'.repeat(2_000_000) }) }
    await db.transaction((tx) =>
      enqueue(tx, [numbered('800', 1), huge, numbered('800', 2), numbered('801', 1)]),
    )
    await relay(t).flush()
    t.same([await numbersSent(bus, '800'), await numbersSent(bus, '801')], [[1, 2], [1]])
    t.equal(await owed(db), 0)
    const jsm = await bus.nc.jetstreamManager()
    const letter = await jsm.streams.getMessage(STREAMS.dead, { last_by_subj: 'ikigai.v1.dead.outbox.800' })
    t.match(letter.json(), { subject: huge.subject, message_id: huge.messageId, bytes: 2_000_009 })
    t.match(letter.header.get('Ikigai-Reason'), /MAX_PAYLOAD/i)
  },
)
