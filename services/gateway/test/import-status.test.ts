import { fetchJobs, quotaLedger } from '@ikigai/db'
import { initialState, type LedgerState, reserve } from '@ikigai/quota'
import t from 'tap'
import { addActivities, addAthlete, addImport, DAY_MS, NOW, readsOf, seededDatabase, series } from './seed.ts'

const LIMITS = { read: { short: 100, day: 1_000 }, overall: { short: 200, day: 2_000 } }
const ME = '42'
const { db } = await seededDatabase(t)
const reads = readsOf(db)

t.beforeEach(() => db.execute('truncate athletes, quota_ledger cascade'))

async function storeLedger(state: LedgerState): Promise<void> {
  await db.insert(quotaLedger).values({ id: 'strava', state, updatedAt: new Date(NOW) })
}

/** A ledger whose quarter of an hour is spent. */
function spent(): LedgerState {
  const state = initialState(LIMITS, NOW)
  return { ...state, read: { ...state.read, used: { short: 100, day: 100 } } }
}

t.test('nobody', async (t) => {
  t.equal(await reads.import('7'), undefined)
})

t.test('an athlete whose import has not begun', async (t) => {
  await addAthlete(db, ME)
  t.strictSame(await reads.import(ME), {
    athlete_id: ME,
    state: 'queued',
    activities_stored: 0,
    pages_fetched: 0,
    oldest_start_time: null,
    activities_expected: null,
    queue_position: null,
    eta: null,
    waiting: { reason: 'queued', until: null, detail: 'Its turn comes.' },
    started_at: '2026-06-14T12:00:00.000Z',
    updated_at: '2026-06-14T12:00:00.000Z',
    completed_at: null,
  })
})

t.test('under way, and nothing in its way', async (t) => {
  await addAthlete(db, ME)
  await addImport(db, ME, { pages: 2 })
  await addActivities(db, ME, series(3))
  t.match(await reads.import(ME), {
    state: 'running',
    activities_stored: 3,
    pages_fetched: 2,
    oldest_start_time: '2026-06-14T10:00:00.000Z',
    waiting: null,
  })
})

t.test('complete', async (t) => {
  await storeLedger(spent())
  await addAthlete(db, ME)
  await addImport(db, ME, { state: 'complete', completedAt: new Date(NOW - 1_000) })
  t.match(await reads.import(ME), {
    state: 'complete',
    waiting: null,
    completed_at: '2026-06-15T11:59:59.000Z',
  })
})

t.test('waits for the quota, as the ledger says', async (t) => {
  await storeLedger(spent())
  await addAthlete(db, ME)
  await addImport(db, ME)
  const status = await reads.import(ME)
  t.equal(status?.state, 'running')
  t.match(status?.waiting, { reason: 'quota_15min', until: '2026-06-15T12:15:02.000Z' })
  t.match(status?.waiting?.detail, /quarter of an hour/)
})

t.test('waits for Strava, as the last try met it', async (t) => {
  await storeLedger(initialState(LIMITS, NOW))
  await addAthlete(db, ME)
  const waitUntil = new Date(NOW + 60_000)
  await addImport(db, ME, { state: 'queued', waitReason: 'strava_unavailable', waitUntil })
  t.match(await reads.import(ME), {
    state: 'queued',
    waiting: { reason: 'strava_unavailable', until: waitUntil.toISOString() },
  })
})

t.test('of two waits the longer one is told', async (t) => {
  await storeLedger(spent())
  await addAthlete(db, ME)
  await addImport(db, ME, { waitReason: 'strava_unavailable', waitUntil: new Date(NOW + 60_000) })
  t.match((await reads.import(ME))?.waiting, { reason: 'quota_15min' })
  await addAthlete(db, '43')
  await addImport(db, '43', { waitReason: 'rate_limited', waitUntil: new Date(NOW + DAY_MS) })
  t.match((await reads.import('43'))?.waiting, { reason: 'rate_limited' })
})

t.test('a wait that is over is not told', async (t) => {
  await addAthlete(db, ME)
  await addImport(db, ME, { waitReason: 'strava_unavailable', waitUntil: new Date(NOW) })
  t.equal((await reads.import(ME))?.waiting, null)
  await addAthlete(db, '43')
  await addImport(db, '43', { state: 'queued', waitReason: 'quota_day', waitUntil: new Date(NOW - 1) })
  t.match((await reads.import('43'))?.waiting, { reason: 'queued', until: null })
  await addAthlete(db, '44')
  await addImport(db, '44', { waitReason: 'a reason of another release' })
  t.equal((await reads.import('44'))?.waiting, null)
})

t.test('what only the athlete can cure', async (t) => {
  await storeLedger(spent())
  await addAthlete(db, '1', { grantState: 'needs_reauthorization' })
  await addImport(db, '1')
  await addAthlete(db, '2', { scopes: ['read'] })
  await addAthlete(db, '3')
  await addImport(db, '3', { waitReason: 'scope_missing' })
  const expected = { 1: 'needs_reauthorization', 2: 'scope_missing', 3: 'scope_missing' }
  for (const [id, reason] of Object.entries(expected))
    t.match(await reads.import(id), { state: 'blocked', waiting: { reason, until: null } })
})

t.test('who comes before, and what each lane holds', async (t) => {
  const job = { lane: 'backlog', queuedAt: new Date(NOW), readyAt: new Date(NOW) }
  for (const [id, pass] of [
    ['1', 3],
    ['2', 3],
    [ME, 4],
    ['4', 4],
  ] as const) {
    await addAthlete(db, id)
    await addImport(db, id)
    await db.insert(fetchJobs).values({ ...job, athleteId: id, pass })
  }
  t.match(await reads.import(ME), { queue_position: 2 })
  t.match(await reads.import('1'), { queue_position: 0 })
  const { lanes } = await reads.quota()
  t.match(
    lanes.map(({ lane, queued }) => [lane, queued]),
    [
      ['signup', 0],
      ['recent', 0],
      ['live', 0],
      ['backlog', 4],
    ],
  )
})

t.test('either scope for reading activities is enough', async (t) => {
  await addAthlete(db, ME, { scopes: ['read', 'activity:read'] })
  t.equal((await reads.import(ME))?.state, 'queued')
})

t.test('the quota before the first call, and after one', async (t) => {
  const shortReads = { window: '15min', counter: 'read' }
  const cold = await reads.quota()
  t.match(cold.windows[0], { ...shortReads, limit: 100, used: 0, resets_at: '2026-06-15T12:15:02.000Z' })
  t.equal(cold.as_of, '2026-06-15T12:00:00.000Z')
  const request = { id: 'a', lane: 'signup' as const, now: NOW, leaseMs: 1_000 }
  await storeLedger(reserve(initialState(LIMITS, NOW), request).state)
  t.match((await reads.quota()).windows[0], { ...shortReads, used: 0 }, 'what was told within a second')
  t.match((await readsOf(db).quota()).windows[0], { ...shortReads, used: 1 })
})
