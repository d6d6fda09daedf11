import t from 'tap'
import { importEnd, type LedgerState, Outlook, reserve, settle } from '../src/index.ts'
import { ask, DAY, fresh, MINUTE, NOON, QUARTER, take } from './helpers.ts'

const NOBODY = { signup: 0, newest: 0, webhook: 0, resync: 0 }

/** Eight days on which nobody has come. */
function quiet(): LedgerState {
  let state = fresh(100, 1_000, NOON - 8 * DAY)
  for (let quarter = 0; quarter < 8 * 96; quarter++)
    state = ask(state, 'enrich', NOON - 8 * DAY + quarter * QUARTER).state
  return state
}

const after = (state: LedgerState, own: number, others = 0, waiting = NOBODY) =>
  importEnd(new Outlook(state, waiting, NOON), { own, others }, NOON) - NOON

t.test('alone, his pages come one after the other', async (t) => {
  t.equal(after(quiet(), 1), 600)
  t.equal(after(quiet(), 20), 12_000)
})

t.test('those who take turns with him, and those who go before, make it later', async (t) => {
  const state = quiet()
  const alone = after(state, 80)
  t.ok(alone < QUARTER)
  t.ok(after(state, 80, 80) > QUARTER)
  t.ok(after(state, 80, 0, { ...NOBODY, webhook: 90 }) > QUARTER)
  t.ok(after(state, 80, 0, { ...NOBODY, signup: 15 }) > QUARTER, 'their newest and their pages as well')
  t.equal(after(state, 1, 0, { ...NOBODY, webhook: 10_000 }), 600, 'lanes go side by side')
})

t.test('a wave makes it later than the same calls of others', async (t) => {
  const busy = (lane: 'signup' | 'enrich') => {
    let state = quiet()
    for (let i = 0; i < 40; i++) state = ask(state, lane, NOON - 20 * MINUTE + i * 1_000).state
    return state
  }
  t.ok(after(busy('signup'), 400) > after(busy('enrich'), 400) + QUARTER)
})

/** When a lane that asks without pause, alone, really gets its `calls`-th call. */
function happens(state: LedgerState, calls: number, from: number): number {
  let now = from
  let current = state
  for (let granted = 0; ; ) {
    const answer = reserve(current, { id: 'a', lane: 'backfill', now, leaseMs: 30_000 })
    current = answer.state
    if ('refusal' in answer) {
      now = answer.refusal.until
      continue
    }
    current = settle(current, answer.lease, { result: 'answered' }, now)
    if (++granted === calls) return now
  }
}

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
      state = ask(state, 'backfill', NOON - 8 * DAY + hour * 4 * QUARTER).state
    for (const calls of [short, 3 * short, Math.round(1.5 * day), 7_300]) {
      const really = happens(state, calls, NOON) - NOON
      const told = after(state, 1, calls - 1)
      t.ok(
        Math.abs(told - really) <= Math.max(0.1 * really, QUARTER),
        `${calls} of ${short},${day}: ${told} ~ ${really}`,
      )
    }
  }
})

t.test('never earlier for more pages, and quick for many', async (t) => {
  let before = 0
  for (const others of [0, 50, 99, 100, 500, 1_000, 5_000, 100_000, 10_000_000]) {
    const end = after(fresh(), 1, others)
    t.ok(end >= before, `${others}`)
    before = end
  }
  t.ok(after(fresh(), 100_000) < Number.POSITIVE_INFINITY, 'newcomers never take all')
})

t.test('those who are listed again take half, while there is enough for both', async (t) => {
  const state = quiet()
  t.equal(after(state, 1, 40, { ...NOBODY, resync: 500 }), after(state, 1, 40), 'side by side')
  t.ok(after(state, 1, 80) < MINUTE)
  t.ok(after(state, 1, 80, { ...NOBODY, resync: 500 }) > MINUTE)
})

t.test('a closure comes first', async (t) => {
  const until = NOON + 5 * MINUTE
  const state: LedgerState = { ...quiet(), closed: { reason: 'application_inactive', until, times: 1 } }
  t.equal(after(state, 1), 5 * MINUTE + 2_000 + 600)
})

t.test('who is here goes before those who sign up later, each time', async (t) => {
  let state = quiet()
  for (let i = 0; i < 40; i++) state = ask(state, 'signup', NOON - 20 * MINUTE + i * 1_000).state
  const outlook = new Outlook(state, NOBODY, NOON)
  const end = (own: number, others: number, presentUntil?: number) =>
    importEnd(outlook, { own, others, presentUntil }, NOON)
  t.ok(end(1, 150, NOON + DAY) < end(1, 150))
  t.equal(end(1, 150, NOON - MINUTE), end(1, 150), 'not any more')
})

t.test('an outlook serves for a while: what is over of it is left out', async (t) => {
  const outlook = new Outlook(quiet(), NOBODY, NOON)
  const told = (later: number) => importEnd(outlook, { own: 10, others: 50 }, NOON + later) - NOON
  t.equal(told(0), after(quiet(), 10, 50))
  t.equal(told(900), told(0) + 900, 'so many pages are to come from then on')
  t.ok(after(quiet(), 80) > MINUTE - 15_000)
  t.equal(
    importEnd(outlook, { own: 80, others: 0 }, NOON) - NOON,
    after(quiet(), 80),
    'one alone, after many',
  )
})

t.test('never, where the limit is 0', async (t) => {
  t.equal(after(fresh(0, 0), 1), Number.POSITIVE_INFINITY)
})

t.test('what a closure kept waiting is remembered with its length', async (t) => {
  let state = fresh()
  for (let i = 0; i < 5; i++) {
    const { lease, state: next } = take(state, 'webhook', NOON + i * 1_000)
    state = settle(next, lease, { result: 'unavailable' }, NOON + i * 1_000)
  }
  const probe = take(state, 'webhook', NOON + 10 * MINUTE)
  state = settle(probe.state, probe.lease, { result: 'answered' }, NOON + 10 * MINUTE)
  t.equal(state.closed, null)
  t.match(state.demand.gap, { until: NOON + 10 * MINUTE - 2_000, ms: 10 * MINUTE - 4_000 })
})
