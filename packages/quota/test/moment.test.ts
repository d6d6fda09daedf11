import fc from 'fast-check'
import t from 'tap'
import { asMoment, EDGE_GUARD_MS, measureSkew, momentOf, type Skew } from '../src/index.ts'
import { NOON } from './helpers.ts'

/** One call by a clock that is `offset` ms ahead of Strava's. */
function answer(offset: number, at: number, latency: number, stampedAfter: number) {
  const stamped = at + Math.min(latency, stampedAfter)
  return { date: stamped - (stamped % 1_000), sentAt: at + offset, receivedAt: at + latency + offset }
}

t.test("Strava's time lies within what is known of it, whatever the clock and the latency", async () => {
  const calls = fc.array(
    fc.record({ wait: fc.nat(600_000), latency: fc.nat(20_000), stamped: fc.nat(20_000) }),
    { maxLength: 20 },
  )
  fc.assert(
    fc.property(fc.integer({ min: -30_000, max: 30_000 }), calls, (offset, list) => {
      let skew: Skew | undefined
      let at = NOON
      for (const { wait, latency, stamped } of list) {
        at += wait
        skew = measureSkew(skew, answer(offset, at, latency, stamped))
        const { earliest, latest } = momentOf(at + latency + offset, skew)
        if (earliest > at + latency || latest < at + latency) return false
      }
      return true
    }),
  )
})

t.test('answers that agree narrow it down to the fastest one', async (t) => {
  let skew: Skew | undefined
  for (let i = 0; i < 40; i++) skew = measureSkew(skew, answer(17_000, NOON + i * 777, 200, 100))
  t.ok(skew !== undefined && skew.most - skew.least <= 300, JSON.stringify(skew))
  const { earliest, latest } = momentOf(NOON + 40_000 + 17_000, skew)
  t.ok(latest - earliest < 400 + 2 * EDGE_GUARD_MS)
})

t.test('one wrong Date makes careful, and is soon forgotten', async (t) => {
  const right = (i: number) => answer(0, NOON + i * 777, 200, 100)
  let skew: Skew | undefined
  for (let i = 0; i < 10; i++) skew = measureSkew(skew, right(i))
  const before = skew
  skew = measureSkew(skew, { ...right(11), date: right(11).date + 60_000 })
  t.ok((skew?.least ?? 0) <= (before?.least ?? 0), 'no window is believed in earlier for it')
  skew = measureSkew(skew, right(12))
  t.ok((skew?.most ?? 0) < 2_000)
})

t.test('a Date that is hours away is not believed at all', async (t) => {
  const sent = { sentAt: NOON, receivedAt: NOON + 200 }
  t.equal(measureSkew(undefined, { date: NOON + 3_600_000, ...sent }), undefined)
  const known = measureSkew(undefined, { date: NOON, ...sent })
  t.strictSame(measureSkew(known, { date: NOON - 3_600_000, ...sent }), known)
})

t.test('a clock that is set anew is followed', async (t) => {
  let skew: Skew | undefined
  for (let i = 0; i < 10; i++) skew = measureSkew(skew, answer(0, NOON + i * 777, 200, 100))
  for (let i = 10; i < 30; i++) skew = measureSkew(skew, answer(-20_000, NOON + i * 777, 200, 100))
  const at = NOON + 30 * 777
  const { earliest, latest } = momentOf(at - 20_000, skew)
  t.ok(earliest <= at && at <= latest && latest - earliest < 6_000)
})

t.test("a reader's clock is taken to be Strava's, but for the guard", async (t) => {
  t.strictSame(asMoment(NOON), { now: NOON, earliest: NOON - EDGE_GUARD_MS, latest: NOON + EDGE_GUARD_MS })
})
