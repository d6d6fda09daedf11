import { LANES, type Lane } from '@ikigai/contracts'
import { initialState, type LedgerState, type Outcome, reserve, settle } from '@ikigai/quota'
import t from 'tap'
import {
  connectionOf,
  importStateOf,
  isUnconfirmed,
  type LaneLoad,
  laneStateOf,
  quotaStatus,
  stravaStateOf,
} from '../src/index.ts'

const DAY = 86_400_000
const QUARTER = 900_000
const NOON = Date.UTC(2026, 5, 15, 12, 15, 5)
const MIDNIGHT = NOON - (NOON % DAY)
const fresh = (at = NOON) =>
  initialState({ read: { quarterHour: 100, day: 1_000 }, overall: { quarterHour: 200, day: 2_000 } }, at)
const idle = (lane: Lane): LaneLoad => ({ lane, waiting: 0, underWay: 0, failing: 0, retryAt: undefined })
const loads = LANES.map(idle)
const ACTIVE = { state: 'active' as const, erased_at: null }
const FACTS = {
  grantState: 'active' as const,
  scopes: ['read', 'activity:read'],
  erasureDueAt: null,
  endReportedAt: null,
}
let ids = 0

/** One call of a lane, and how it ends. */
function called(state: LedgerState, now: number, outcome: Outcome, lane: Lane = 'signup'): LedgerState {
  const answer = reserve(state, { id: String(ids++), lane, now, leaseMs: 30_000 })
  if ('denial' in answer) throw new Error(`refused: ${answer.denial.reason}`)
  return settle(answer.state, answer.lease, outcome, now + 100)
}
const fails: Outcome = { result: 'unavailable' }
const fine: Outcome = { result: 'answered' }

t.test('Strava: one call that fails, of one athlete, shows at once; the next answer ends it', async (t) => {
  t.match(stravaStateOf(fresh(), NOON), { state: 'available', until: null })
  const failed = called(fresh(), NOON, fails)
  t.match(stravaStateOf(failed, NOON + 200), { state: 'degraded', until: null })
  t.match(stravaStateOf(failed, NOON + 20 * 60_000), { state: 'available' }, 'and is not believed for ever')
  t.match(stravaStateOf(called(failed, NOON + 1_000, fine), NOON + 1_200), { state: 'available' })
})

t.test('Strava: every other call fails, and so it is told', async (t) => {
  let state = fresh()
  for (let i = 0; i < 6; i++) state = called(state, NOON + i * 1_000, i % 2 === 0 ? fails : fine)
  t.match(stravaStateOf(state, NOON + 7_000), { state: 'degraded' })
  t.match(stravaStateOf(state, NOON + 200_000), { state: 'available' })
  for (let i = 6; i < 11; i++) state = called(state, NOON + i * 1_000, fine)
  t.match(stravaStateOf(state, NOON + 11_000), { state: 'available' }, 'five answers in a row end it')
})

t.test('Strava: the retries of one job count as failures, though they open nothing', async (t) => {
  let state = called(fresh(), NOON, fails)
  for (let i = 1; i < 4; i++) state = called(state, NOON + i * 60_000, { ...fails, isRetry: true })
  t.match(stravaStateOf(state, NOON + 4 * 60_000), { state: 'degraded' })
})

t.test('Strava: a token that it does not renew is its failure; what we did not send is none', async (t) => {
  t.match(stravaStateOf(called(fresh(), NOON, { result: 'no_token' }), NOON + 200), { state: 'degraded' })
  t.match(stravaStateOf(called(fresh(), NOON, { result: 'unused' }), NOON + 200), { state: 'available' })
})

t.test('Strava: an outage, its end, a limit', async (t) => {
  let state = fresh()
  for (let i = 0; i < 5; i++) state = called(state, NOON + i, fails)
  t.match(stravaStateOf(state, NOON + 200), { state: 'unavailable' })
  state = called(state, NOON + 20_000, fine)
  t.match(stravaStateOf(state, NOON + 20_200), { state: 'available', until: null }, 'at once')
  state = called(state, NOON + 30_000, { result: 'application_inactive' })
  t.match(stravaStateOf(state, NOON + 40_000), { state: 'application_inactive' })
  state = called(fresh(), NOON, { result: 'rate_limited' })
  t.match(stravaStateOf(state, NOON + 200), { state: 'rate_limited' })
  t.match(stravaStateOf(state, NOON + QUARTER), { state: 'available' })
})

t.test('a lane: what has failed waits, and is counted', async (t) => {
  const open = { allowed: true, reason: null, retryAt: null, resetAt: 0 } as const
  const load = { ...idle('backfill'), failing: 2, retryAt: NOON + 5_000 }
  const until = new Date(NOON + 5_000).toISOString()
  const degraded = { state: 'degraded' as const, until: null }
  t.match(laneStateOf(load, open, degraded), {
    queued: 2,
    waiting: { reason: 'strava_unavailable', until },
  })
  t.match(laneStateOf(load, open, { state: 'available', until: null }), {
    queued: 2,
    waiting: { reason: 'queued', until },
  })
  t.match(laneStateOf({ ...load, waiting: 1 }, open, degraded), { queued: 3, waiting: null })
})

t.test('a connection: each state', async (t) => {
  const due = new Date(NOON + 30 * DAY)
  t.strictSame(connectionOf(FACTS), ACTIVE)
  const refused = { ...FACTS, grantState: 'needs_reauthorization' as const, erasureDueAt: due }
  t.strictSame(connectionOf(refused), { state: 'needs_reauthorization', erased_at: due.toISOString() })
  t.strictSame(connectionOf({ ...refused, endReportedAt: new Date(NOON) }), {
    state: 'ended_at_strava',
    erased_at: due.toISOString(),
  })
  t.strictSame(connectionOf({ ...refused, erasureDueAt: null }).erased_at, null, 'a lost key erases nothing')
  t.match(connectionOf({ ...FACTS, scopes: ['read'] }), { state: 'scope_missing' })
})

t.test(
  'an import: what only the athlete can end is told until it is, of a complete history too',
  async (t) => {
    const complete = {
      state: 'complete' as const,
      pages: 3,
      waitReason: undefined,
      waitUntil: null,
      isUnconfirmed: false,
    }
    t.strictSame(importStateOf(complete, ACTIVE, fresh(), NOON), { state: 'complete', waiting: null })
    for (const [state, reason] of [
      ['needs_reauthorization', 'needs_reauthorization'],
      ['ended_at_strava', 'needs_reauthorization'],
      ['scope_missing', 'scope_missing'],
    ] as const) {
      for (const progress of [undefined, complete, { ...complete, state: 'running' as const }])
        t.match(
          importStateOf(progress, { state, erased_at: null }, fresh(), NOON),
          { state: 'blocked', waiting: { reason, until: null } },
          state,
        )
    }
  },
)

t.test('an import: a history that Strava has not confirmed in time is not called empty', async (t) => {
  const complete = { state: 'complete' as const, pages: 3, waitReason: undefined, waitUntil: null }
  t.match(importStateOf({ ...complete, isUnconfirmed: true }, ACTIVE, fresh(), NOON), {
    state: 'complete',
    waiting: { reason: 'unconfirmed', until: null },
  })
  const ended = new Date(NOON - 1_000)
  t.notOk(isUnconfirmed([ended, null], 1_001, NOON))
  t.ok(isUnconfirmed([ended, null], 1_000, NOON))
  t.notOk(isUnconfirmed([ended, new Date(NOON - 500)], 1_000, NOON), 'a resync has confirmed it since')
  t.notOk(isUnconfirmed([null, undefined], 1_000, NOON), 'it was never listed whole')
})

t.test('an import: of Strava it says what Strava’s state says', async (t) => {
  const waiting = {
    state: 'running' as const,
    pages: 1,
    waitReason: 'strava_unavailable' as const,
    waitUntil: new Date(NOON + 60_000),
    isUnconfirmed: false,
  }
  const failing = called(fresh(), NOON, fails)
  t.match(importStateOf(waiting, ACTIVE, failing, NOON + 200).waiting, { reason: 'strava_unavailable' })
  const recovered = called(failing, NOON + 1_000, fine)
  t.match(importStateOf(waiting, ACTIVE, recovered, NOON + 2_000).waiting, {
    reason: 'queued',
    until: waiting.waitUntil.toISOString(),
  })
  const ours = { ...waiting, waitReason: 'service_unavailable' as const }
  t.match(importStateOf(ours, ACTIVE, fresh(), NOON).waiting, { reason: 'service_unavailable' })
})

t.test('states: the last day, by quarters of an hour', async (t) => {
  const take = (state: LedgerState, at: number) => called(state, at, fine)
  let state = fresh(MIDNIGHT)
  t.same(quotaStatus(state, MIDNIGHT + 5_000, loads).history, [
    { window_start: new Date(MIDNIGHT).toISOString(), used: 0, limit: 100 },
  ])
  for (let i = 0; i < 5; i++) state = take(state, MIDNIGHT + 5_000)
  state = take(state, MIDNIGHT + 3 * QUARTER + 5_000)
  const { history } = quotaStatus(state, MIDNIGHT + 3 * QUARTER + 6_000, loads)
  t.strictSame(
    history.map(({ used }) => used),
    [5, 0, 0, 1],
  )
  const later = quotaStatus(state, MIDNIGHT + 3 * DAY, loads).history
  t.equal(later.length, 96)
  t.equal(later.at(-1)?.window_start, new Date(MIDNIGHT + 3 * DAY - QUARTER).toISOString())
})
