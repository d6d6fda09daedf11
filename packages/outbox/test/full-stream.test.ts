import { provision, STREAMS } from '@ikigai/bus'
import { eventually } from '@ikigai/testkit'
import t from 'tap'
import { startRelay } from '../src/index.ts'
import { numbersSent, owe, owed, startHarness, upTo } from './harness.ts'

t.test('outbox relay: with EVENTS full, keeps the messages and sends them in order later', async (t) => {
  const { db, bus, logger } = await startHarness(t)
  const jsm = await bus.nc.jetstreamManager()
  const { config } = await jsm.streams.info(STREAMS.events)
  await jsm.streams.update(STREAMS.events, { ...config, max_msgs: 3 })
  await owe(db, '900', upTo(5, 1))
  await owe(db, '901', [1])
  const sending = startRelay({ db, bus, logger, idleMs: 10 })
  t.teardown(() => sending.stop())
  await eventually(async () => (await owed(db)) === 3)
  await t.rejects(sending.flush(), /maximum messages exceeded/)
  t.equal(await owed(db), 3, 'nothing is dropped that was not acknowledged')
  t.same(await numbersSent(bus, '900'), [1, 2, 3])

  await provision(bus)
  await eventually(async () => (await owed(db)) === 0)
  t.same(await numbersSent(bus, '900'), [1, 2, 3, 4, 5])
  t.same(await numbersSent(bus, '901'), [1])
})
