import fc from 'fast-check'
import t from 'tap'
import {
  allCallsRule,
  areCallsSpent,
  catchUpDueAt,
  checkOf,
  EVENT_WINDOW_MS,
  isWorthAnother,
  mayCallFor,
  mayHide,
} from '../src/events/event-budget.ts'

const MINUTE_MS = 60_000

t.test(
  'event budget: more events never lead to more calls; stored activities are verified by a call for longer',
  async (t) => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), fc.boolean(), (few, more, isStored) => {
        const [small, large] = [Math.min(few, more), Math.max(few, more)]
        const isMonotonic = checkOf(small, isStored) === 'call' || checkOf(large, isStored) === 'list'
        return isMonotonic && (checkOf(small, false) === 'list' || checkOf(small, true) === 'call')
      }),
    )
    t.equal(checkOf(1, false), 'call', 'the first event of an athlete is verified by a call')
  },
)

t.test(
  'event budget: list calls become rarer while they confirm nothing, and are a minute apart otherwise',
  async (t) => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (found) => {
        let now = 1e12
        let state = { listedAt: now, fruitless: 0 }
        let inARow = 0
        for (const isTrue of found) {
          const dueAt = catchUpDueAt(state, now)
          const wait = dueAt - now
          if (wait < MINUTE_MS || wait > 60 * MINUTE_MS) return false
          if (inARow === 0 && wait !== MINUTE_MS) return false
          now = dueAt
          inARow = isTrue ? 0 : inARow + 1
          state = { listedAt: now, fruitless: inARow }
        }
        return true
      }),
    )
    const hour = { listedAt: 1e12, fruitless: 20 }
    t.equal(catchUpDueAt(hour, 1e12), 1e12 + 60 * MINUTE_MS)
    t.notOk(isWorthAnother(hour))
    t.equal(catchUpDueAt(undefined, 5), 5, 'the first one at once')
    t.equal(
      catchUpDueAt({ listedAt: 9e12, fruitless: 0 }, 1e12),
      1e12 + MINUTE_MS,
      'a time in the future counts as now',
    )
  },
)

t.test("event budget: the calls for all athletes are a share of Strava's limit", async (t) => {
  t.equal(allCallsRule(100).limit, 20)
  t.equal(allCallsRule(600).limit, 120)
  t.equal(allCallsRule(10).limit, 20)
  const now = 1e12
  const spent = (calls: number) => ({ spent: calls, endsAt: now + EVENT_WINDOW_MS })
  const limitOf = (reads: number) => async () => reads
  t.equal(await areCallsSpent(undefined, now, limitOf(100)), false)
  t.equal(await areCallsSpent(spent(20), now, limitOf(100)), true)
  t.equal(await areCallsSpent(spent(20), now, limitOf(200)), false)
  t.equal(await areCallsSpent(spent(40), now, limitOf(200)), true)
  t.equal(await areCallsSpent(spent(40), now + EVENT_WINDOW_MS, limitOf(200)), false)
  const unexpected = async () => {
    throw new Error('the limit was read')
  }
  t.equal(
    await areCallsSpent(spent(19), now, unexpected),
    false,
    'the limit is read only if the result depends on it',
  )
  t.ok(mayCallFor(9))
  t.notOk(mayCallFor(10))
  t.ok(mayHide(4))
  t.notOk(mayHide(5))
})
