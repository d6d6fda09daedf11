import {
  advanceTo,
  asClockBound,
  headroom,
  type LedgerState,
  remaining,
  reserve,
  settle,
} from '@ikigai/quota'
import t from 'tap'
import { type Arrivals, estimateCompletion, Projection } from '../src/index.ts'
import { ask, DAY, fresh, MINUTE, NOBODY, NOON, QUARTER, quiet, quietArrivals } from './helpers.ts'

const after = (
  ledger: LedgerState,
  pagesLeft: number,
  pagesAhead = 0,
  waiting = NOBODY,
  arrivals: Arrivals = quietArrivals(),
) =>
  estimateCompletion(new Projection({ ledger, waiting, arrivals }, NOON), { pagesLeft, pagesAhead }, NOON) -
  NOON

t.test('completion: alone, the pages come one after the other', async (t) => {
  t.equal(after(quiet(), 1), 600)
  t.equal(after(quiet(), 20), 12_000)
})

t.test('completion: calls that just fit beside the headroom do not wait for it to decay', async (t) => {
  const state = advanceTo(quiet(), asClockBound(NOON))
  const spare = remaining(state, 'quarterHour') - headroom(state, 'backfill', 'quarterHour', NOON)
  const newcomer = { ...NOBODY, newest: 5 }
  t.ok(after(state, spare - 5, 0, newcomer) < 2 * MINUTE, 'five newest activities and all pages fit')
  t.ok(after(state, spare - 4, 0, newcomer) > 4 * MINUTE, 'one page too many')
})

t.test('completion: others who take turns, and those who go before, make it later', async (t) => {
  const state = quiet()
  const alone = after(state, 80)
  t.ok(alone < QUARTER)
  t.ok(after(state, 80, 80) > QUARTER)
  t.ok(after(state, 80, 0, { ...NOBODY, webhook: 90 }) > QUARTER)
  t.ok(after(state, 80, 0, { ...NOBODY, signup: 15 }) > QUARTER, 'their newest and their pages as well')
  t.equal(after(state, 1, 0, { ...NOBODY, webhook: 10_000 }), 600, 'lanes go side by side')
})

t.test('completion: a surge makes it later, by no more than it has brought so far', async (t) => {
  const surging = (signUps: number) => {
    const arrivals = quietArrivals()
    for (let i = 0; i < signUps; i++) arrivals.signup.add(NOON - 10 * MINUTE + i * 1_000)
    return arrivals
  }
  const state = quiet()
  const [calm, few, many] = [0, 30, 300].map((n) => after(state, 3, 64, NOBODY, surging(n)))
  t.ok(few !== undefined && calm !== undefined && few < calm + 3 * QUARTER, `${few} ms after 30 sign-ups`)
  t.ok(many !== undefined && many >= (few ?? 0))
})

/** When a lane that asks without pause, alone, really gets its `calls`-th call. */
function happens(state: LedgerState, calls: number, from: number): number {
  let now = from
  let current = state
  for (let granted = 0; ; ) {
    const answer = reserve(current, { id: 'a', lane: 'backfill', now, leaseMs: 30_000 })
    current = answer.state
    if ('denial' in answer) {
      now = answer.denial.retryAt
      continue
    }
    current = settle(current, answer.lease, { result: 'answered' }, now)
    if (++granted === calls) return now
  }
}

t.test('completion: as it happens, for the limits that Strava gives and odd ones', async (t) => {
  for (const [quarterHour, day] of [
    [100, 1_000],
    [200, 2_000],
    [600, 30_000],
    [20, 1_000],
  ] as const) {
    // Urgent lanes that are never seen any more: the forecast has learnt to expect next to nothing.
    let state = fresh(quarterHour, day, NOON - 8 * DAY)
    for (let hour = 0; hour < 8 * 24; hour++)
      state = ask(state, 'backfill', NOON - 8 * DAY + hour * 4 * QUARTER).state
    for (const calls of [quarterHour, 3 * quarterHour, Math.round(1.5 * day), 7_300]) {
      const really = happens(state, calls, NOON) - NOON
      const told = after(state, 1, calls - 1)
      t.ok(
        Math.abs(told - really) <= Math.max(0.1 * really, QUARTER),
        `${calls} of ${quarterHour},${day}: ${told} ~ ${really}`,
      )
    }
  }
})

t.test('completion: never earlier for more pages, and quick for many', async (t) => {
  let before = 0
  for (const others of [0, 50, 99, 100, 500, 1_000, 5_000, 100_000, 10_000_000]) {
    const end = after(fresh(), 1, others)
    t.ok(end >= before, `${others}`)
    before = end
  }
  t.ok(after(fresh(), 100_000) < Number.POSITIVE_INFINITY, 'newcomers never take all')
})

t.test('completion: those who are listed again take half, while there is enough for both', async (t) => {
  const state = quiet()
  t.equal(after(state, 1, 40, { ...NOBODY, resync: 500 }), after(state, 1, 40), 'side by side')
  t.ok(after(state, 1, 80) < MINUTE)
  t.ok(after(state, 1, 80, { ...NOBODY, resync: 500 }) > MINUTE)
})

t.test('completion: an open circuit breaker comes first', async (t) => {
  const until = NOON + 5 * MINUTE
  const tripped = { reason: 'application_inactive' as const, until, trips: 1 }
  t.equal(after({ ...quiet(), breaker: { failures: 0, tripped } }, 1), 5 * MINUTE + 2_000 + 600)
})

t.test('completion: athletes who watch go before those who sign up later', async (t) => {
  const arrivals = quietArrivals()
  for (let i = 0; i < 400; i++) arrivals.signup.add(NOON - 20 * MINUTE + i * 2_000)
  const projection = new Projection({ ledger: quiet(), waiting: NOBODY, arrivals }, NOON)
  const end = (presentUntil?: number) =>
    estimateCompletion(projection, { pagesLeft: 2, pagesAhead: 150, presentUntil }, NOON)
  t.ok(end(NOON + DAY) <= end())
  t.equal(end(NOON - MINUTE), end(), 'not any more')
})

t.test('a projection serves for a while: what is over of it is left out', async (t) => {
  const projection = new Projection({ ledger: quiet(), waiting: NOBODY, arrivals: quietArrivals() }, NOON)
  const told = (later: number) =>
    estimateCompletion(projection, { pagesLeft: 10, pagesAhead: 50 }, NOON + later) - NOON
  t.equal(told(0), after(quiet(), 10, 50))
  t.equal(told(900), told(0) + 900, 'so many pages are to come from then on')
})

t.test('completion: never, where the limit is 0', async (t) => {
  t.equal(after(fresh(0, 0), 1), Number.POSITIVE_INFINITY)
})
