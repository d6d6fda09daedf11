import t from 'tap'
import { grantedBy, type LedgerState, reserve, settle } from '../src/index.ts'
import { ask, DAY, fresh, MINUTE, NOON, QUARTER } from './helpers.ts'

/** When a lane that asks without pause, alone, really gets its `calls`-th call. */
function happens(state: LedgerState, calls: number, from: number): number {
  let now = from
  let current = state
  for (let granted = 0; ; ) {
    const answer = reserve(current, { id: 'a', lane: 'backlog', now, leaseMs: 30_000 })
    current = answer.state
    if ('refusal' in answer) {
      now = answer.refusal.until
      continue
    }
    current = settle(current, answer.lease, { result: 'answered' }, now)
    if (++granted === calls) return now
  }
}

t.test('now, while there is room', async (t) => {
  t.equal(grantedBy(fresh(), 'backlog', 1, NOON), NOON)
  t.equal(grantedBy(fresh(), 'backlog', 21, NOON), NOON)
  t.equal(grantedBy(fresh(), 'signup', 100, NOON), NOON)
  t.equal(grantedBy(fresh(), 'signup', 0, NOON), NOON)
})

t.test('as it happens, for the limits that Strava gives and odd ones', async (t) => {
  for (const [short, day] of [
    [100, 1_000],
    [200, 2_000],
    [600, 30_000],
    [20, 1_000],
  ] as const) {
    // Urgent lanes that are never seen any more: the forecast has learnt to expect next to nothing.
    let state = fresh(short, day, NOON - 8 * DAY)
    for (let hour = 0; hour < 8 * 24; hour++)
      state = ask(state, 'backlog', NOON - 8 * DAY + hour * 4 * QUARTER).state
    for (const calls of [short, 3 * short, Math.round(1.5 * day)]) {
      const really = happens(state, calls, NOON) - NOON
      const told = grantedBy(state, 'backlog', calls, NOON) - NOON
      t.ok(
        Math.abs(told - really) <= Math.max(0.1 * really, QUARTER),
        `${calls} of ${short},${day}: ${told} ~ ${really}`,
      )
    }
  }
})

t.test('never earlier for more calls, and quick for many', async (t) => {
  let before = 0
  for (const calls of [1, 50, 99, 100, 500, 1_000, 5_000, 100_000, 10_000_000]) {
    const at = grantedBy(fresh(), 'backlog', calls, NOON)
    t.ok(at >= before, `${calls}`)
    before = at
  }
})

t.test('a closure comes first', async (t) => {
  const until = NOON + 5 * MINUTE
  const state: LedgerState = { ...fresh(), closed: { reason: 'application_inactive', until, times: 1 } }
  t.equal(grantedBy(state, 'signup', 1, NOON), until + 2_000)
})

t.test('never, where the limit is 0', async (t) => {
  t.equal(grantedBy(fresh(0, 0), 'signup', 1, NOON), Number.POSITIVE_INFINITY)
})
