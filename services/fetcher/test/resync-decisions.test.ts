import fc from 'fast-check'
import t from 'tap'
import { decideDeletions, type ResyncDiff } from '../src/resync/decide-deletions.ts'
import { catchUpAt, nextResyncAt, phaseOf, resyncInterval } from '../src/resync/interval.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const maxAgeMs = 7 * DAY_MS

t.test(
  'resync interval: short enough to find lost deletions within 48 hours while the quota allows it',
  async (t) => {
    const hours = (athletes: number, activities: number, readsPerDay: number) => {
      const calls = athletes * (Math.floor(activities / 200) + 1)
      return resyncInterval({ calls, readsPerDay, maxAgeMs }).ms / HOUR_MS
    }
    t.equal(
      hours(1, 100_000, 1_000),
      48.096,
      'one athlete with 100,000 activities: 501 calls every other day',
    )
    t.equal(hours(10, 3_000, 2_000), 40)
    t.equal(hours(100, 1_200, 3_000), 40)
    t.equal(hours(200, 1_200, 3_000), 44.8)
    t.equal(hours(500, 1_200, 3_000), 112, 'more athletes than the quota allows in 48 hours: longer')
    t.equal(hours(9_999, 1_200, 3_000), 144, 'never longer than 6/7 of the maximum age of 7 days')
    t.same(
      [600, 10_000].map((calls) => resyncInterval({ calls, readsPerDay: 1_000, maxAgeMs }).overcommitted),
      [false, true],
    )
    t.ok(resyncInterval({ calls: 1, readsPerDay: 1_000, maxAgeMs: HOUR_MS }).ms < HOUR_MS)
  },
)

t.test('resync interval: an athlete’s run starts before its end, at a stable time', async (t) => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }), fc.boolean(), (id, isImport) => {
      const athleteId = String(id)
      const startedAt = Date.parse('2030-03-05T10:01:00Z')
      const at = nextResyncAt(athleteId, { startedAt, isImport }, 40 * HOUR_MS)
      const earliest = startedAt + (isImport ? 10 : 36) * HOUR_MS
      const gap = catchUpAt(athleteId, startedAt)
      return (
        at >= earliest &&
        at <= startedAt + 40 * HOUR_MS &&
        at === nextResyncAt(athleteId, { startedAt, isImport }, 40 * HOUR_MS) &&
        gap >= startedAt &&
        gap <= startedAt + 6 * HOUR_MS
      )
    }),
  )
  t.pass()
})

t.test('resync interval: consecutive athlete ids are spread evenly', async (t) => {
  const tenths = new Array<number>(10).fill(0)
  for (let id = 134_815; id < 134_815 + 1_000; id += 1) {
    const tenth = Math.floor(phaseOf(String(id)) * 10)
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  t.ok(Math.min(...tenths) > 60 && Math.max(...tenths) < 140, tenths.join(', '))
})

const findings: fc.Arbitrary<ResyncDiff> = fc
  .record({
    stored: fc.nat(3_000),
    missing: fc.nat(3_000),
    confirmedMissing: fc.nat(3_000),
    confirmedMissingLong: fc.nat(3_000),
    quarantined: fc.nat(3_000),
    endedEarly: fc.boolean(),
    calls: fc.integer({ min: 1, max: 20 }),
    inconclusive: fc.boolean(),
    approved: fc.boolean(),
  })
  .map((found) => {
    const missing = Math.min(found.missing, found.stored)
    const confirmedMissing = Math.min(found.confirmedMissing, missing)
    return {
      ...found,
      missing,
      confirmedMissing,
      confirmedMissingLong: Math.min(found.confirmedMissingLong, confirmedMissing),
    }
  })

t.test('decideDeletions: returns the decision for each comparison', async (t) => {
  const isMass = ({ missing, stored }: ResyncDiff) => missing > 10 && missing > 0.1 * stored
  fc.assert(
    fc.property(findings, (found) => {
      const { erase, mark, next } = decideDeletions(found)
      if (found.missing === 0) return erase === 'none' && next === 'settled'
      // An inconclusive run proves nothing. An approval covers only the deletions that the operator saw.
      if (erase === 'all') return found.approved && !found.inconclusive && found.missing <= found.quarantined
      if (found.inconclusive && erase !== 'none') return false
      if (found.endedEarly) {
        if (erase !== 'none') return false
        if (isMass(found)) return next === 'quarantine' && mark === 'none'
        return next === 'verify' || (next === 'settled' && mark === 'none')
      }
      // A mass deletion, or a quarantined one, is never applied at once. Two runs a day apart that agree lead to a sample.
      const isQuarantined = isMass(found) || (found.quarantined > 0 && found.confirmedMissing > 0)
      if (isQuarantined) {
        const agree =
          !found.inconclusive &&
          found.quarantined > 0 &&
          found.confirmedMissing === found.quarantined &&
          found.confirmedMissingLong > 0
        return erase === 'none' && next === (agree ? 'sample' : 'quarantine')
      }
      const rest = found.missing - (erase === 'confirmed' ? found.confirmedMissing : 0)
      return rest === 0 ? next === 'settled' : next === 'verify' || next === 'repeat'
    }),
    { numRuns: 2_000 },
  )
  t.pass()
})
