import t from 'tap'
import { importEnd, type LedgerState, settle } from '../src/index.ts'
import { ask, DAY, fresh, MINUTE, NOON, QUARTER, take } from './helpers.ts'

const NOBODY = { signup: 0, recent: 0, live: 0 }

/** Eight days on which nobody has come. */
function quiet(): LedgerState {
  let state = fresh(100, 1_000, NOON - 8 * DAY)
  for (let quarter = 0; quarter < 8 * 96; quarter++)
    state = ask(state, 'enrich', NOON - 8 * DAY + quarter * QUARTER).state
  return state
}

const after = (state: LedgerState, own: number, others = 0, waiting = NOBODY) =>
  importEnd(state, { own, others, waiting }, NOON) - NOON

t.test('alone, his pages come one after the other', async (t) => {
  t.equal(after(quiet(), 1), 600)
  t.equal(after(quiet(), 20), 12_000)
})

t.test('those who take turns with him, and those who go before, make it later', async (t) => {
  const state = quiet()
  const alone = after(state, 80)
  t.ok(alone < QUARTER)
  t.ok(after(state, 80, 80) > QUARTER)
  t.ok(after(state, 80, 0, { ...NOBODY, live: 90 }) > QUARTER)
  t.ok(after(state, 80, 0, { ...NOBODY, signup: 15 }) > QUARTER, 'their newest and their pages as well')
  t.equal(after(state, 1, 0, { ...NOBODY, live: 10_000 }), 600, 'lanes go side by side')
})

t.test('a wave makes it later than the same calls of others', async (t) => {
  const busy = (lane: 'signup' | 'enrich') => {
    let state = quiet()
    for (let i = 0; i < 40; i++) state = ask(state, lane, NOON - 20 * MINUTE + i * 1_000).state
    return state
  }
  t.ok(after(busy('signup'), 400) > after(busy('enrich'), 400) + QUARTER)
})

t.test('what a closure kept waiting is remembered with its length', async (t) => {
  let state = fresh()
  for (let i = 0; i < 5; i++) {
    const { lease, state: next } = take(state, 'live', NOON + i * 1_000)
    state = settle(next, lease, { result: 'unavailable' }, NOON + i * 1_000)
  }
  const probe = take(state, 'live', NOON + 10 * MINUTE)
  state = settle(probe.state, probe.lease, { result: 'answered' }, NOON + 10 * MINUTE)
  t.equal(state.closed, null)
  t.match(state.demand.gap, { until: NOON + 10 * MINUTE - 2_000, ms: 10 * MINUTE - 4_000 })
})
