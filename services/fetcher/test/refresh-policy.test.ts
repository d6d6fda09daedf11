import fc from 'fast-check'
import t from 'tap'
import { type Findings, judge } from '../src/refresh/judge.ts'
import { catchUpAt, nextRefreshAt, phaseOf, refreshInterval } from '../src/refresh/policy.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const maxAgeMs = 7 * DAY_MS

t.test('lost deletions show within 48 hours while the quota allows it', async (t) => {
  const hours = (athletes: number, activities: number, readsPerDay: number) => {
    const calls = athletes * (Math.floor(activities / 200) + 1)
    return refreshInterval({ calls, readsPerDay, maxAgeMs }).ms / HOUR_MS
  }
  t.equal(hours(1, 100_000, 1_000), 48.096, 'one athlete with 100,000 activities: 501 calls every other day')
  t.equal(hours(10, 3_000, 2_000), 40)
  t.equal(hours(100, 1_200, 3_000), 40)
  t.equal(hours(200, 1_200, 3_000), 44.8)
  t.equal(hours(500, 1_200, 3_000), 112, 'more athletes than the quota carries in 48 hours: later')
  t.equal(hours(9_999, 1_200, 3_000), 144, 'never later than what leaves a day before the age of 7 days')
  t.same(
    [600, 10_000].map((calls) => refreshInterval({ calls, readsPerDay: 1_000, maxAgeMs }).overcommitted),
    [false, true],
  )
  t.ok(refreshInterval({ calls: 1, readsPerDay: 1_000, maxAgeMs: HOUR_MS }).ms < HOUR_MS)
})

t.test('a listing begins before the interval is over, always at the same time of an athlete', async (t) => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }), fc.boolean(), (id, isImport) => {
      const athleteId = String(id)
      const startedAt = Date.parse('2030-03-05T10:01:00Z')
      const at = nextRefreshAt(athleteId, { startedAt, isImport }, 40 * HOUR_MS)
      const earliest = startedAt + (isImport ? 10 : 36) * HOUR_MS
      const gap = catchUpAt(athleteId, startedAt)
      return (
        at >= earliest &&
        at <= startedAt + 40 * HOUR_MS &&
        at === nextRefreshAt(athleteId, { startedAt, isImport }, 40 * HOUR_MS) &&
        gap >= startedAt &&
        gap <= startedAt + 6 * HOUR_MS
      )
    }),
  )
  t.pass()
})

t.test('athletes whose ids follow each other are spread evenly', async (t) => {
  const tenths = new Array<number>(10).fill(0)
  for (let id = 134_815; id < 134_815 + 1_000; id += 1) {
    const tenth = Math.floor(phaseOf(String(id)) * 10)
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  t.ok(Math.min(...tenths) > 60 && Math.max(...tenths) < 140, tenths.join(', '))
})

const findings: fc.Arbitrary<Findings> = fc
  .record({
    stored: fc.nat(3_000),
    missing: fc.nat(3_000),
    again: fc.nat(3_000),
    longAgain: fc.nat(3_000),
    held: fc.nat(3_000),
    incomplete: fc.boolean(),
    calls: fc.integer({ min: 1, max: 20 }),
    flawed: fc.boolean(),
    released: fc.boolean(),
  })
  .map((found) => {
    const missing = Math.min(found.missing, found.stored)
    const again = Math.min(found.again, missing)
    return { ...found, missing, again, longAgain: Math.min(found.longAgain, again) }
  })

t.test('the judgement of a listing', async (t) => {
  const isMass = ({ missing, stored }: Findings) => missing > 10 && missing > 0.1 * stored
  fc.assert(
    fc.property(findings, (found) => {
      const { erase, suspect, next } = judge(found)
      if (found.missing === 0) return erase === 'none' && next === 'settled'
      // A flaw proves nothing, whoever believes what; what an operator has not seen is not released.
      if (erase === 'all') return found.released && !found.flawed && found.missing <= found.held
      if (found.flawed && erase !== 'none') return false
      if (found.incomplete) {
        if (erase !== 'none') return false
        if (isMass(found)) return next === 'hold' && suspect === 'none'
        return next === 'ask' || (next === 'settled' && suspect === 'none')
      }
      // Nothing of a mass goes at once, nor of what is held; two listings a day apart that say the same call for a sample.
      const isHeld = isMass(found) || (found.held > 0 && found.again > 0)
      if (isHeld) {
        const agree = !found.flawed && found.held > 0 && found.again === found.held && found.longAgain > 0
        return erase === 'none' && next === (agree ? 'sample' : 'hold')
      }
      const rest = found.missing - (erase === 'again' ? found.again : 0)
      return rest === 0 ? next === 'settled' : next === 'ask' || next === 'repeat'
    }),
    { numRuns: 2_000 },
  )
  t.pass()
})
