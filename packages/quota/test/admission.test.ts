import t from 'tap'
import { advanceTo, boundsOf, check, headroom, type Outcome, reserve, settle } from '../src/index.ts'
import { DAY, fresh, headersOf, limitsOf, MINUTE, NOON, QUARTER, take, takeAll } from './helpers.ts'

const EDGE = NOON - (NOON % QUARTER) + QUARTER
const MIDNIGHT = NOON - (NOON % DAY) + DAY

t.test('ledger: the most urgent lane spends a window to the last call, and not beyond', async (t) => {
  const { leases, denial } = takeAll(fresh(), 'signup', NOON)
  t.equal(leases.length, 100)
  t.match(denial, { reason: 'quota_15min', retryAt: EDGE + 2_000 })
})

t.test('the day is spent: until midnight', async (t) => {
  const { leases, denial } = takeAll(fresh(100, 40), 'signup', NOON)
  t.equal(leases.length, 40)
  t.match(denial, { reason: 'quota_day', retryAt: MIDNIGHT + 2_000 })
})

t.test('ledger: less urgent lanes leave more', async (t) => {
  const lanes = ['signup', 'newest', 'webhook', 'backfill', 'resync', 'enrich'] as const
  const granted = lanes.map((lane) => takeAll(fresh(), lane, NOON).leases.length)
  t.strictSame(
    granted,
    granted.toSorted((a, b) => b - a),
  )
  t.equal(new Set(granted).size, lanes.length)
})

t.test('ledger: without urgent load, backfill leaves little headroom', async (t) => {
  t.ok(takeAll(fresh(), 'backfill', NOON).leases.length >= 85)
})

t.test('ledger: headroom decays towards the reset, in time to be used', async (t) => {
  for (const lane of ['newest', 'webhook', 'backfill', 'resync', 'enrich'] as const) {
    const kept = [0, 12, 14].map((minutes) =>
      headroom(fresh(), lane, 'quarterHour', EDGE - QUARTER + minutes * MINUTE),
    )
    t.strictSame(
      kept,
      kept.toSorted((a, b) => b - a),
    )
    t.equal(headroom(fresh(), lane, 'quarterHour', EDGE - 20_000), 0)
    t.equal(headroom(fresh(), lane, 'day', MIDNIGHT - 120_000), 0)
  }
})

t.test('ledger: the overall counter counts by itself', async (t) => {
  const { state, lease } = take(fresh(), 'signup', NOON)
  const reading = headersOf(1, 1)
  const overall = { quarterHour: { limit: 200, used: 198 }, day: { limit: 2_000, used: 198 } }
  const next = settle(state, lease, { result: 'answered', headers: { ...reading, overall } }, NOON + 300)
  t.equal(next.read.used.quarterHour, 1)
  t.equal(takeAll(next, 'signup', NOON + 400).leases.length, 2, 'uploads of others have spent the rest')
})

t.test('ledger: limits are followed within one call, up and down', async (t) => {
  let state = fresh()
  for (const [quarterHour, day] of [
    [600, 30_000],
    [200, 2_000],
    [10, 100],
  ] as const) {
    const { state: reserved, lease } = take(state, 'signup', NOON)
    const reading = headersOf(1, 1, limitsOf(quarterHour, day))
    state = settle(reserved, lease, { result: 'answered', headers: reading }, NOON + 300)
    const spent = state.read.used.quarterHour
    t.equal(takeAll(state, 'signup', NOON + 400).leases.length, quarterHour - spent)
  }
})

t.test('ledger: without well-formed headers our own count stands', async (t) => {
  const { state, lease } = take(fresh(), 'signup', NOON)
  const next = settle(state, lease, { result: 'answered' }, NOON + 300)
  t.match(next.read, { limit: { quarterHour: 100, day: 1_000 }, used: { quarterHour: 1, day: 1 } })
})

t.test('ledger: a request that was never sent is given back, once', async (t) => {
  const { state, lease } = take(fresh(), 'signup', NOON)
  const next = settle(state, lease, { result: 'unsent' }, NOON + 300)
  t.equal(next.read.used.quarterHour, 0)
  t.equal(next.load.calls.signup, 0, 'it was not served')
  t.equal(settle(next, lease, { result: 'unsent' }, NOON + 400).read.used.quarterHour, 0)
})

t.test('reservation: unused ones give their calls back and never open the circuit breaker', async (t) => {
  let ledger = fresh()
  for (let i = 0; i < 20; i++) {
    const { state, lease } = take(ledger, 'signup', NOON)
    ledger = settle(state, lease, { result: 'unused' }, NOON + i)
  }
  t.equal(ledger.breaker.tripped, null)
  t.equal(ledger.read.used.quarterHour, 0)
})

t.test('ledger: a call lost in a crash counts until its window ends, and is free exactly then', async (t) => {
  const { state } = takeAll(fresh(10, 1_000), 'signup', NOON)
  t.match(check(state, 'signup', EDGE + 1_999), { reason: 'quota_15min', retryAt: EDGE + 2_000 })
  t.equal(takeAll(state, 'signup', EDGE + 2_000).leases.length, 10)
  t.equal(advanceTo(state, EDGE + 2_000).read.used.day, 10, 'of the day they stay spent')
})

t.test('ledger: a call that may have reached Strava after the edge counts on both sides', async (t) => {
  const late = EDGE - 10_000
  const { state } = takeAll(fresh(10, 1_000), 'signup', late)
  t.equal(takeAll(state, 'signup', EDGE + 2_000).leases.length, 0, 'crashed or under way')
  t.equal(takeAll(state, 'signup', EDGE + QUARTER + 2_000).leases.length, 10)
  t.equal(takeAll(state, 'signup', EDGE + QUARTER - 1_000).leases.length, 0, 'however late it is looked at')
  const { state: one, lease } = take(fresh(10, 1_000), 'signup', EDGE - 1_000)
  const settled = settle(one, lease, { result: 'answered' }, EDGE - 500)
  t.equal(advanceTo(settled, EDGE + 2_000).read.used.quarterHour, 1, 'settled close to the edge')
})

t.test('ledger: an answer to a call from before the edge says nothing about the new window', async (t) => {
  const { state, lease } = take(fresh(), 'signup', EDGE - 1_000)
  const next = settle(state, lease, { result: 'answered', headers: headersOf(95, 300) }, EDGE + 2_500)
  t.equal(next.read.used.quarterHour, 1)
})

t.test('429: open until the edge that its headers name, then one call at a time', async (t) => {
  const { state, lease } = take(fresh(), 'signup', NOON)
  const limited = (headers: Outcome['headers'], retryAfterMs?: number) =>
    settle(state, lease, { result: 'rate_limited', headers, retryAfterMs }, NOON + 300)
  const until = (next: typeof state) => check(next, 'signup', NOON + 400)
  t.match(until(limited(headersOf(101, 400))), { reason: 'rate_limited', retryAt: EDGE + 2_000 })
  t.match(until(limited(headersOf(5, 1_001))), { reason: 'rate_limited', retryAt: MIDNIGHT + 2_000 })
  t.match(until(limited(undefined)), { reason: 'rate_limited', retryAt: EDGE + 2_000 })
  const longer = until(limited(undefined, QUARTER))
  t.ok(longer.retryAt !== null && longer.retryAt > EDGE + 2_000, 'Retry-After is kept')
  const probe = takeAll(limited(undefined), 'signup', EDGE + 2_000)
  t.equal(probe.leases.length, 1)
})

t.test('ledger: 403 Inactive stops all lanes, longer each time, and goes on by itself', async (t) => {
  const first = take(fresh(), 'webhook', NOON)
  const closed = settle(first.state, first.lease, { result: 'application_inactive' }, NOON)
  t.match(check(closed, 'signup', NOON + 1), { reason: 'application_inactive', retryAt: NOON + MINUTE })
  t.equal(takeAll(closed, 'signup', NOON + MINUTE).leases.length, 1, 'a single probe')
  const probe = take(closed, 'signup', NOON + MINUTE)
  const again = settle(probe.state, probe.lease, { result: 'application_inactive' }, NOON + MINUTE)
  t.equal(check(again, 'signup', NOON + MINUTE).retryAt, NOON + 3 * MINUTE)
  const well = settle(probe.state, probe.lease, { result: 'answered' }, NOON + MINUTE)
  t.ok(check(well, 'signup', NOON + MINUTE).allowed)
})

t.test('ledger: five failures in a row open the breaker; a late answer does not close it', async (t) => {
  const early = take(fresh(20, 1_000), 'signup', NOON)
  const { state, leases } = takeAll(early.state, 'signup', NOON)
  let next = state
  for (const lease of leases.slice(0, 5)) next = settle(next, lease, { result: 'unavailable' }, NOON + 300)
  t.match(check(next, 'signup', NOON + 400), { reason: 'strava_unavailable', retryAt: NOON + 15_300 })
  next = settle(next, early.lease, { result: 'answered' }, NOON + 500)
  t.match(check(next, 'signup', NOON + 600), { reason: 'strava_unavailable' })
})

t.test('ledger: four failures and a success open nothing', async (t) => {
  const { state, leases } = takeAll(fresh(20, 1_000), 'signup', NOON)
  let next = state
  for (const [i, lease] of leases.entries())
    next = settle(next, lease, { result: i % 5 === 4 ? 'answered' : 'unavailable' }, NOON + 300)
  t.equal(next.breaker.tripped, null)
})

t.test('ledger: a clock that was never measured is allowed to be half a minute off', async (t) => {
  const cold = boundsOf(EDGE + 31_000, undefined)
  const { state } = takeAll(fresh(10, 1_000), 'signup', NOON)
  t.match(check(state, 'signup', cold), { reason: 'quota_15min', retryAt: EDGE + 32_000 })
  t.ok(check(state, 'signup', boundsOf(EDGE + 32_000, undefined)).allowed)
})

t.test('ledger: one job that fails for ever opens nothing; two that fail side by side do', async (t) => {
  const failing = (...retries: boolean[]) => {
    const { state, leases } = takeAll(fresh(20, 1_000), 'signup', NOON)
    return retries.reduce((next, again, i) => {
      const lease = leases[i]
      if (lease === undefined) throw new Error('no lease')
      return settle(next, lease, { result: 'unavailable', isRetry: again }, NOON + 300)
    }, state)
  }
  t.equal(failing(false, ...Array.from({ length: 15 }, () => true)).breaker.tripped, null)
  t.equal(failing(false, false, true, true).breaker.tripped, null)
  t.match(failing(false, false, true, true, true).breaker.tripped, { reason: 'strava_unavailable' })
})

t.test('ledger: a decision names the reset of the window that denies', async (t) => {
  const spent = takeAll(fresh(), 'signup', NOON).state
  t.match(check(spent, 'signup', NOON), { allowed: false, resetAt: EDGE + 2_000 })
  const reserved = takeAll(fresh(), 'backfill', NOON)
  t.equal(reserved.denial.reason, 'reserved')
  t.ok(reserved.denial.retryAt < reserved.denial.resetAt, 'headroom decays before the reset')
  t.match(check(fresh(), 'signup', NOON), {
    allowed: true,
    reason: null,
    retryAt: null,
    resetAt: EDGE + 2_000,
  })
})

t.test('ledger: windows that are yet to begin were written by a wrong clock, and count as now', async (t) => {
  const month = 30 * DAY
  const spent = takeAll(fresh(), 'signup', NOON + month).state
  const denial = check(spent, 'signup', NOON)
  t.match(denial, { reason: 'quota_15min', retryAt: EDGE + 2_000 }, 'what was called stays counted')
  t.ok(check(advanceTo(spent, NOON), 'signup', EDGE + 2_000).allowed, 'and not for a month')
  const present = advanceTo(spent, NOON)
  t.same(present.leases, [], 'no call is under way until then')
  t.ok(present.load.hour <= NOON)
  const tripped = { reason: 'application_inactive' as const, until: NOON + month + QUARTER, trips: 3 }
  const open = { ...advanceTo(fresh(), NOON + month), breaker: { failures: 0, tripped } }
  t.ok(check(advanceTo(open, NOON), 'signup', NOON).allowed, 'an open breaker probes at once')
  t.equal(
    advanceTo(present, NOON - 60_000).start.quarterHour,
    present.start.quarterHour,
    'a clock a little behind',
  )
})

t.test(
  'early probes: who waits may probe an open breaker, one call at a time and ever more seldom',
  async (t) => {
    const { state, lease } = take(fresh(), 'signup', NOON)
    let current = settle(state, lease, { result: 'application_inactive' }, NOON)
    const waited = { isWaitedFor: true }
    t.match(check(current, 'signup', NOON + 1_000, waited), { allowed: false, retryAt: NOON + 5_000 })
    t.match(check(current, 'signup', NOON + 5_000), { allowed: false }, 'nobody waits')
    let probes = 0
    for (let at = NOON; at < NOON + 20 * MINUTE; at += 1_000) {
      const answer = reserve(current, { id: `p${at}`, lane: 'signup', now: at, leaseMs: 30_000, ...waited })
      if ('denial' in answer) continue
      probes += 1
      t.equal(check(answer.state, 'signup', at, waited).allowed, false, 'one at a time')
      current = settle(answer.state, answer.lease, { result: 'application_inactive' }, at)
    }
    t.ok(probes > 20 && probes < 50, `${probes} in 20 minutes`)
    const end = NOON + 20 * MINUTE
    const next = check(current, 'signup', end, waited)
    t.ok(next.allowed || next.retryAt - end <= 120_000)
  },
)

t.test(
  'early probes: an answer closes the breaker for all lanes; a failure makes no pause longer',
  async (t) => {
    const { state, lease } = take(fresh(), 'signup', NOON)
    const open = settle(state, lease, { result: 'application_inactive' }, NOON)
    const probe = (now: number) => {
      const answer = reserve(open, { id: 'probe', lane: 'backfill', now, leaseMs: 30_000, isWaitedFor: true })
      if ('denial' in answer) throw new Error('refused')
      return answer
    }
    const failed = probe(NOON + 6_000)
    const until = open.breaker.tripped?.until
    t.equal(
      settle(failed.state, failed.lease, { result: 'application_inactive' }, NOON + 6_100).breaker.tripped
        ?.until,
      until,
    )
    const answered = settle(failed.state, failed.lease, { result: 'answered' }, NOON + 6_100)
    t.equal(answered.breaker.tripped, null)
    t.ok(check(answered, 'resync', NOON + 6_200).allowed)
  },
)

t.test('early probes: none before the time that a 429 names', async (t) => {
  const { state, lease } = take(fresh(), 'signup', NOON)
  const open = settle(state, lease, { result: 'rate_limited' }, NOON)
  t.match(check(open, 'signup', NOON + MINUTE, { isWaitedFor: true }), {
    allowed: false,
    reason: 'rate_limited',
  })
})
