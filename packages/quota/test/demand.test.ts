import t from 'tap'
import { URGENT, withQueued } from '../src/demand.ts'
import { expectedCalls, expectedLive, expectedSignUps } from '../src/forecast.ts'
import { keptBack, type LedgerState, quotaStatus } from '../src/index.ts'
import { ask, DAY, fresh, MINUTE, NOON, QUARTER } from './helpers.ts'

const MIDNIGHT = NOON - (NOON % DAY)

/** Days on which `calls` of webhooks come between 18:00 and 19:00. */
function evenings(days: number, calls: number): LedgerState {
  let state = fresh(100, 1_000, MIDNIGHT - days * DAY)
  for (let day = -days; day < 0; day++)
    for (let i = 0; i < calls; i++) {
      const at = MIDNIGHT + day * DAY + 18 * 60 * MINUTE + 5_000 + (i * 60 * MINUTE) / calls
      state = ask(state, 'webhook', at).state
    }
  return state
}

const kept = (state: LedgerState, hour: number) => {
  const rolled = ask(state, 'signup', MIDNIGHT + hour * 60 * MINUTE + 5_000).state
  return keptBack(rolled, 'backfill', 'day', MIDNIGHT + hour * 60 * MINUTE + 5_000)
}

t.test('what came at an hour is expected at that hour', async (t) => {
  const busy = evenings(7, 200)
  const quiet = evenings(7, 0)
  t.ok(kept(busy, 12) - kept(quiet, 12) > 150, 'kept before it comes')
  t.ok(kept(busy, 20) < 100, 'and not after it')
})

t.test('a new application holds back little, and less after quiet days', async (t) => {
  t.ok(kept(fresh(100, 1_000, MIDNIGHT), 0) <= 180)
  t.ok(kept(evenings(7, 0), 0) < 80)
})

t.test('a busy day is remembered, and fades', async (t) => {
  const after = (days: number) => {
    const state = evenings(1, 200)
    const at = MIDNIGHT + days * DAY
    return keptBack(ask(state, 'signup', at + 5_000).state, 'backfill', 'day', at + 5_000)
  }
  t.ok(after(0) > after(3) && after(3) > after(10))
})

/** A quiet week, then a wave: six calls with each of 100 sign-ups within an hour. */
function wave(): LedgerState {
  let state = evenings(7, 0)
  for (let i = 0; i < 600; i++)
    state = ask(state, i % 6 === 0 ? 'signup' : 'newest', MIDNIGHT + 5_000 + i * 5_500).state
  return state
}

t.test('a wave is expected to go on after its hour, and to fade', async (t) => {
  const state = wave()
  const expected = (from: number, to: number) => {
    const hour = (count: number) => MIDNIGHT + count * 60 * MINUTE
    return expectedCalls(state.demand, URGENT, hour(from), hour(to), 1_000, hour(0.95))
  }
  t.ok(expected(1, 2) > 200, `${expected(1, 2)} in the next hour`)
  t.ok(expected(2, 3) < expected(1, 2) && expected(2, 3) > 70)
  t.ok(expected(6, 7) < 25)
})

t.test('a wave of sign-ups shows within minutes, and not what had waited', async (t) => {
  let state = evenings(7, 0)
  for (let i = 0; i < 60; i++) state = ask(state, 'signup', MIDNIGHT + 30 * MINUTE + i * 10_000).state
  const now = MIDNIGHT + 40 * MINUTE
  const nextHour = ({ demand }: LedgerState) => expectedSignUps(demand, now, now + 60 * MINUTE, 100_000, now)
  const told = nextHour(state)
  t.ok(told > 200 && told < 360, `${told} where 6 a minute came`)
  t.ok(expectedCalls(state.demand, ['signup'], now, now + 60 * MINUTE, 100_000) < 90, 'by the last hour')
  const gap = { until: MIDNIGHT + 30 * MINUTE, ms: 30 * MINUTE }
  t.ok(nextHour({ ...state, demand: { ...state.demand, gap } }) < 90, 'after an outage')
  const { spell: _, ...before } = state.demand
  t.ok(nextHour({ ...state, demand: before }) < 90, 'a state that was stored before spells were counted')
})

t.test('a single sign-up is no wave', async (t) => {
  let state = evenings(7, 0)
  for (const lane of ['signup', 'newest', 'newest'] as const) state = ask(state, lane, MIDNIGHT + 5_000).state
  t.ok(expectedCalls(state.demand, URGENT, MIDNIGHT + MINUTE, MIDNIGHT + 120 * MINUTE, 1_000) < 3)
})

t.test('what came during an outage and is called after it is no wave', async (t) => {
  const { demand } = wave()
  const hour = MIDNIGHT + 60 * MINUTE
  const after = { ...demand, gap: { until: MIDNIGHT + 30 * MINUTE, ms: 10 * 60 * MINUTE } }
  const expected = (of: typeof demand) => expectedCalls(of, URGENT, hour, 2 * 60 * MINUTE + hour, 1_000)
  t.ok(expected(after) < expected(demand) / 5)
})

t.test(
  'a day that brings more new activities so far brings more until midnight, and no further',
  async (t) => {
    const noon = MIDNIGHT + 12 * 60 * MINUTE
    const tomorrow = MIDNIGHT + DAY
    const { demand } = ask(evenings(7, 200), 'signup', noon).state
    const usual = Math.round(expectedCalls(demand, ['webhook'], noon, tomorrow, 1_000))
    const sofar = Math.round(expectedCalls(demand, ['webhook'], MIDNIGHT, noon, 1_000))
    const earlier = expectedCalls(demand, ['webhook'], MIDNIGHT, demand.hour, 1_000)
    const expected = (webhook: number, from: number, to: number) =>
      Math.round(expectedLive({ ...demand, webhook, webhookUsual: earlier }, from, to, 1_000, noon))
    t.ok(Math.abs(expected(sofar, noon, tomorrow) - usual) <= 1, 'as usual')
    t.ok(expected(sofar + 16, noon, tomorrow) > 1.3 * usual)
    t.ok(expected(0, noon, tomorrow) < usual)
    t.equal(expected(sofar + 16, tomorrow, tomorrow + DAY), expected(sofar, tomorrow, tomorrow + DAY))
  },
)

t.test('new activities that wait count for the day, and are no wave', async (t) => {
  const { demand } = ask(evenings(7, 0), 'signup', MIDNIGHT + 12 * 60 * MINUTE).state
  const queued = withQueued({ ...demand, webhook: 0 }, { signup: 3, webhook: 500 })
  t.equal(queued.webhook, 500)
  t.equal(queued.calls.webhook, 0)
  t.equal(queued.calls.signup, demand.calls.signup + 3)
})

t.test('a state that was stored before the day was counted begins with the next midnight', async (t) => {
  const state = fresh(100, 1_000, NOON)
  t.equal(ask(state, 'webhook', NOON).state.demand.webhook, undefined)
  t.equal(ask(state, 'webhook', MIDNIGHT + DAY + 5_000).state.demand.webhook, 1)
})

const ofHour = ({ demand }: LedgerState, hour: number) => demand.seen.webhook?.[hour] ?? 0

t.test(
  'what comes while its lane is held back is no less, and what is called after it no more',
  async (t) => {
    const evening = MIDNIGHT + 18 * 60 * MINUTE
    const day = (spent: boolean) => {
      let state = ask(evenings(7, 50), 'signup', evening - 60 * MINUTE).state
      if (spent) state = { ...state, read: { ...state.read, used: { short: 0, day: 1_000 } } }
      const first = ask(state, 'webhook', evening + MINUTE)
      t.equal(first.refusal !== undefined, spent)
      state = first.state
      for (let i = 0; i < 60; i++) state = ask(state, 'webhook', MIDNIGHT + DAY + 10_000 + i * 1_000).state
      return ask(state, 'signup', MIDNIGHT + DAY + 65 * MINUTE).state
    }
    const before = evenings(7, 50)
    const [idle, spent] = [day(false), day(true)]
    t.ok(ofHour(idle, 18) < ofHour(before, 18))
    t.equal(ofHour(spent, 18), ofHour(before, 18), 'the evening')
    t.ok(ofHour(idle, 0) > 5)
    t.ok(ofHour(spent, 0) < 5, 'the hour after midnight')
    t.equal(idle.demand.webhook, 60)
    t.equal(spent.demand.webhook, 0, 'they are of the day before')
  },
)

t.test('how busy the day is, is measured by the days before it', async (t) => {
  const state = ask(evenings(7, 50), 'signup', MIDNIGHT + 10_000).state
  let busy = state
  for (let i = 0; i < 100; i++)
    busy = ask(busy, 'webhook', MIDNIGHT + 18 * 60 * MINUTE + 5_000 + i * 30_000).state
  const { demand } = ask(busy, 'signup', MIDNIGHT + 19 * 60 * MINUTE + 5_000).state
  t.match(demand, { webhook: 100, webhookUsual: 50 })
})

t.test('between waves fewer sign-ups come than on average', async (t) => {
  let state = fresh(100, 1_000, MIDNIGHT - 7 * DAY)
  const hour = (count: number) => MIDNIGHT + count * 60 * MINUTE
  const nextHours = ({ demand }: LedgerState, now: number) =>
    expectedSignUps(demand, now, now + 180 * MINUTE, 1_000, now)
  // A wave on one evening of seven.
  for (let i = 0; i < 350; i++)
    state = ask(state, 'signup', MIDNIGHT - 102 * 60 * MINUTE + 5_000 + i * 30_000).state
  const { demand } = ask(state, 'enrich', hour(19.9)).state
  const average = expectedCalls(demand, ['signup'], hour(20), hour(23), 1_000)
  t.ok(nextHours({ ...state, demand }, hour(20)) < average)
})

t.test('sign-ups that had waited for the end of an outage are no part of the spell after it', async (t) => {
  const end = MIDNIGHT + 30 * MINUTE
  const { demand } = evenings(7, 0)
  let state = ask(
    { ...evenings(7, 0), demand: { ...demand, gap: { until: end, ms: 30 * MINUTE } } },
    'enrich',
    end,
  ).state
  for (let i = 0; i < 50; i++) state = ask(state, 'signup', end + i * 1_000).state
  t.match(state.demand.spell, { since: end, calls: 50 })
  for (let i = 0; i < 10; i++) state = ask(state, 'signup', end + 5 * MINUTE + i * MINUTE).state
  t.match(state.demand.spell, { since: end + 5 * MINUTE - 2_000, calls: 10 })
  const now = end + 15 * MINUTE
  const told = expectedSignUps(state.demand, now, now + 60 * MINUTE, 1_000, now)
  t.ok(told > 25 && told < 60, `${told} where one a minute comes`)
})

t.test('never so much that a lane stands still', async (t) => {
  const flooded = evenings(7, 990)
  t.ok(kept(flooded, 0) <= 750)
})

t.test('the last day, by quarters of an hour', async (t) => {
  let state = fresh(100, 1_000, MIDNIGHT)
  t.same(quotaStatus(state, MIDNIGHT + 5_000).history, [
    { window_start: new Date(MIDNIGHT).toISOString(), used: 0, limit: 100 },
  ])
  for (let i = 0; i < 5; i++) state = ask(state, 'signup', MIDNIGHT + 5_000).state
  state = ask(state, 'signup', MIDNIGHT + 3 * QUARTER + 5_000).state
  const { history } = quotaStatus(state, MIDNIGHT + 3 * QUARTER + 6_000)
  t.strictSame(
    history.map(({ used }) => used),
    [5, 0, 0, 1],
  )
  const later = quotaStatus(state, MIDNIGHT + 3 * DAY).history
  t.equal(later.length, 96)
  t.equal(later.at(-1)?.window_start, new Date(MIDNIGHT + 3 * DAY - QUARTER).toISOString())
})
