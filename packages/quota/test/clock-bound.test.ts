import fc from 'fast-check'
import t from 'tap'
import { asClockBound, boundsOf, type ClockOffset, measureOffset, WINDOW_GUARD_MS } from '../src/index.ts'
import { NOON } from './helpers.ts'

/** One call by a clock that is `offset` ms ahead of Strava's. */
function answer(offset: number, at: number, latency: number, stampedAfter: number) {
  const stamped = at + Math.min(latency, stampedAfter)
  return { date: stamped - (stamped % 1_000), sentAt: at + offset, receivedAt: at + latency + offset }
}

t.test("clock bound: contains Strava's time, for any clock and latency", async () => {
  const calls = fc.array(
    fc.record({ wait: fc.nat(600_000), latency: fc.nat(20_000), stamped: fc.nat(20_000) }),
    { maxLength: 20 },
  )
  fc.assert(
    fc.property(fc.integer({ min: -30_000, max: 30_000 }), calls, (offset, list) => {
      let clock: ClockOffset | undefined
      let at = NOON
      for (const { wait, latency, stamped } of list) {
        at += wait
        clock = measureOffset(clock, answer(offset, at, latency, stamped))
        const { earliest, latest } = boundsOf(at + latency + offset, clock)
        if (earliest > at + latency || latest < at + latency) return false
      }
      return true
    }),
  )
})

t.test('clock bound: answers that agree narrow it down to the fastest one', async (t) => {
  let clock: ClockOffset | undefined
  for (let i = 0; i < 40; i++) clock = measureOffset(clock, answer(17_000, NOON + i * 777, 200, 100))
  t.ok(clock !== undefined && clock.max - clock.min <= 300, JSON.stringify(clock))
  const { earliest, latest } = boundsOf(NOON + 40_000 + 17_000, clock)
  t.ok(latest - earliest < 400 + 2 * WINDOW_GUARD_MS)
})

t.test('clock bound: one wrong Date makes careful, and is soon forgotten', async (t) => {
  const right = (i: number) => answer(0, NOON + i * 777, 200, 100)
  let clock: ClockOffset | undefined
  for (let i = 0; i < 10; i++) clock = measureOffset(clock, right(i))
  const before = clock
  clock = measureOffset(clock, { ...right(11), date: right(11).date + 60_000 })
  t.ok((clock?.min ?? 0) <= (before?.min ?? 0), 'no window is believed in earlier for it')
  clock = measureOffset(clock, right(12))
  t.ok((clock?.max ?? 0) < 2_000)
})

t.test('clock bound: a Date that is hours away is not believed at all', async (t) => {
  const sent = { sentAt: NOON, receivedAt: NOON + 200 }
  t.equal(measureOffset(undefined, { date: NOON + 3_600_000, ...sent }), undefined)
  const known = measureOffset(undefined, { date: NOON, ...sent })
  t.strictSame(measureOffset(known, { date: NOON - 3_600_000, ...sent }), known)
})

t.test('clock bound: a clock that is set anew is followed', async (t) => {
  let clock: ClockOffset | undefined
  for (let i = 0; i < 10; i++) clock = measureOffset(clock, answer(0, NOON + i * 777, 200, 100))
  for (let i = 10; i < 30; i++) clock = measureOffset(clock, answer(-20_000, NOON + i * 777, 200, 100))
  const at = NOON + 30 * 777
  const { earliest, latest } = boundsOf(at - 20_000, clock)
  t.ok(earliest <= at && at <= latest && latest - earliest < 6_000)
})

t.test("clock bound: a reader's clock is assumed to be Strava's, within the guard", async (t) => {
  t.strictSame(asClockBound(NOON), {
    now: NOON,
    earliest: NOON - WINDOW_GUARD_MS,
    latest: NOON + WINDOW_GUARD_MS,
  })
})
