import { TestClock } from '@ikigai/testkit'
import t from 'tap'

t.test('test clock: sleepers wake in the order of their time, each at its own', async (t) => {
  const clock = new TestClock(1_000)
  const woken: string[] = []
  const sleeper = async (name: string, ms: number) => {
    await clock.sleep(ms)
    woken.push(`${name} at ${clock.now()}`)
  }
  const all = [sleeper('late', 300), sleeper('early', 100), sleeper('later', 301)]
  t.equal(clock.pendingSleepers(), 3)
  await clock.advance(300)
  t.same(woken, ['early at 1100', 'late at 1300'])
  t.equal(clock.now(), 1_300)
  await clock.advanceTo(2_000)
  await Promise.all(all)
  t.same(woken.at(-1), 'later at 1301')
  t.equal(clock.now(), 2_000)
})

t.test('test clock: one who sleeps again within the time advanced wakes again', async (t) => {
  const clock = new TestClock(0)
  const ticks: number[] = []
  const loop = (async () => {
    while (ticks.length < 3) {
      await clock.sleep(10)
      ticks.push(clock.now())
    }
  })()
  await clock.advance(100)
  await loop
  t.same(ticks, [10, 20, 30])
})

t.test('test clock: a sleep that is aborted ends at once and is forgotten', async (t) => {
  const clock = new TestClock(0)
  const controller = new AbortController()
  const sleep = clock.sleep(10, controller.signal)
  controller.abort(new Error('enough'))
  await sleep
  t.equal(clock.pendingSleepers(), 0)
  await clock.sleep(10, controller.signal)
  t.equal(clock.now(), 0)
})

t.test('test clock: untilSleeping resolves when enough sleep', async (t) => {
  const clock = new TestClock(0)
  const two = clock.untilSleeping(2)
  const first = clock.sleep(1)
  const second = clock.sleep(1)
  await two
  await clock.untilSleeping()
  await clock.advance(1)
  await Promise.all([first, second, clock.sleep(0)])
  t.equal(clock.pendingSleepers(), 0)
})

t.test('test clock: a jump wakes each sleeper that falls due once, at the new time', async (t) => {
  const clock = new TestClock(0)
  const ticks: number[] = []
  const loop = (async () => {
    while (ticks.length < 2) {
      await clock.sleep(10)
      ticks.push(clock.now())
    }
  })()
  const later = clock.sleep(2_000)
  await clock.jump(1_000)
  t.same(ticks, [1_000])
  t.equal(clock.pendingSleepers(), 2, 'it sleeps again, and who is not due sleeps on')
  await clock.jump(1_000)
  await Promise.all([loop, later])
  t.same(ticks, [1_000, 2_000])
})
