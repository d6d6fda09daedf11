import fc from 'fast-check'
import t from 'tap'
import { historyLength, type PublishedEta, parsePublishedEta, reviseEta } from '../src/index.ts'
import { DAY, HOUR, MINUTE, NOON } from './helpers.ts'

const estimate = (minutes: number, more: object = {}) => ({
  expected: null,
  pages: 10,
  eta: NOON + minutes * MINUTE,
  ...more,
})
const told = (minutes: number, more: object = {}): PublishedEta =>
  reviseEta(null, estimate(minutes, more), NOON)

t.test('eta: the first publication has no change', async (t) => {
  t.match(told(30), { eta: NOON + 30 * MINUTE, latest: null, reason: null, change: null })
  t.match(told(Number.POSITIVE_INFINITY), { eta: null, latest: null, change: null })
})

t.test('eta: what is uncertain is a range, with its reason', async (t) => {
  t.match(told(30, { reason: 'busy' }), { latest: NOON + 37.5 * MINUTE, reason: 'busy' })
  t.match(told(20 * 60), { reason: 'next_days' }, 'after midnight')
  const latest = NOON + 2 * HOUR
  t.match(told(30, { reason: 'history_length', latest }), { latest, reason: 'history_length' })
})

t.test('eta: it stays while the estimate agrees with it', async (t) => {
  const before = told(100)
  for (const minutes of [96, 100, 104]) t.strictSame(reviseEta(before, estimate(minutes), NOON), before)
  const later = reviseEta(before, estimate(150), NOON + MINUTE)
  t.match(later, {
    eta: NOON + 150 * MINUTE,
    change: { from: before.eta, at: NOON + MINUTE, reason: 'busier' },
  })
  t.match(reviseEta(before, estimate(50), NOON), { change: { reason: 'quieter' } })
  t.match(reviseEta(before, estimate(150, { pages: 15 }), NOON), { change: { reason: 'longer_history' } })
  t.match(reviseEta(before, estimate(50, { pages: 5 }), NOON), { change: { reason: 'shorter_history' } })
})

t.test('eta: while Strava does not answer it stays until it has passed', async (t) => {
  const before = told(30)
  const out = estimate(3 * 24 * 60, { reason: 'strava_unavailable' })
  t.strictSame(reviseEta(before, out, NOON + 29 * MINUTE), before)
  t.match(reviseEta(before, out, NOON + 31 * MINUTE), { change: { reason: 'strava_unavailable' } })
})

t.test('eta: the range of a history of unknown length holds whatever falls into it', async (t) => {
  const before = told(30, { reason: 'history_length', latest: NOON + 2 * HOUR })
  t.strictSame(reviseEta(before, estimate(110, { reason: 'history_length', pages: 17 }), NOON), before)
})

t.test('eta: it is never changed without a reason', async () => {
  const step = fc.record({
    after: fc.nat(2 * HOUR),
    eta: fc.nat(10 * DAY),
    pages: fc.integer({ min: 1, max: 500 }),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 2 }), (steps) => {
      let [now, last] = [NOON, null as PublishedEta | null]
      for (const { after, eta, pages } of steps) {
        now += after
        const next = reviseEta(last, { expected: null, pages, eta: now + eta }, now)
        const isSame = last === null || last.eta === next.eta
        if (!isSame && (next.change?.at !== now || next.change.from !== last?.eta)) return false
        if ((next.latest === null) !== (next.reason === null)) return false
        if (parsePublishedEta(JSON.parse(JSON.stringify(next))) === null) return false
        last = next
      }
      return true
    }),
  )
})

t.test('eta: no total without evidence', async (t) => {
  const walk = (pages: number, days: number, accountDays: number | null) =>
    historyLength({
      pages,
      cursorBefore: (NOON - days * DAY) / 1_000,
      startedAt: NOON,
      accountCreatedAt: accountDays === null ? null : NOON - accountDays * DAY,
    })
  t.equal(walk(1, 100, 1_000), null, '200 so far')
  t.equal(walk(3, 300, 900), null)
  t.equal(walk(4, 900, 1_000), 886, 'most of the account\u2019s life')
  t.equal(walk(2, 2_000, 1_000), null, 'uploads older than the account')
  t.equal(walk(2, 100, null), null, 'no word of when the account began')
  const unread = { pages: 0, cursorBefore: null, startedAt: NOON, accountCreatedAt: NOON - DAY }
  t.equal(historyLength(unread), null, 'before the first page')
})
