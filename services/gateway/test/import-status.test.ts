import { athletes, fetchQueue, imports, quotaLedger } from '@ikigai/db'
import type { PublishedEta } from '@ikigai/forecast'
import { initialState, type LedgerState, reserve } from '@ikigai/quota'
import t from 'tap'
import { addActivities, addAthlete, addImport, DAY_MS, NOW, readsOf, seededDatabase, series } from './seed.ts'

const LIMITS = { read: { quarterHour: 100, day: 1_000 }, overall: { quarterHour: 200, day: 2_000 } }
const ME = '42'
const { db } = await seededDatabase(t)
const queries = readsOf(db)

t.beforeEach(() => db.execute('truncate athletes, quota_ledger cascade'))

async function storeLedger(state: LedgerState): Promise<void> {
  await db.insert(quotaLedger).values({ id: 'strava', state, updatedAt: new Date(NOW) })
}

/** A ledger whose 15-minute limit is used up. */
function spent(): LedgerState {
  const state = initialState(LIMITS, NOW)
  return { ...state, read: { ...state.read, used: { quarterHour: 100, day: 100 } } }
}

/** A ledger after a call that Strava did not answer. */
function failing(): LedgerState {
  const state = initialState(LIMITS, NOW)
  return { ...state, breaker: { failures: 1, tripped: null, failedAt: [NOW - 1_000] } }
}

t.test('import status: undefined for an unknown athlete', async (t) => {
  t.equal(await queries.import('7'), undefined)
})

t.test('import status: queued before the import has begun', async (t) => {
  await addAthlete(db, ME)
  t.strictSame(await queries.import(ME), {
    athlete_id: ME,
    state: 'queued',
    activities_stored: 0,
    pages_fetched: 0,
    oldest_start_time: null,
    activities_expected: null,
    queue_position: null,
    eta: null,
    eta_latest: null,
    eta_reason: null,
    eta_change: null,
    waiting: { reason: 'queued', until: null, detail: 'Waiting in the queue.' },
    started_at: '2026-06-14T12:00:00.000Z',
    updated_at: '2026-06-14T12:00:00.000Z',
    completed_at: null,
  })
})

t.test('import status: running without a wait', async (t) => {
  await addAthlete(db, ME)
  await addImport(db, ME, { pages: 2 })
  await addActivities(db, ME, series(3))
  t.match(await queries.import(ME), {
    state: 'running',
    activities_stored: 3,
    pages_fetched: 2,
    oldest_start_time: '2026-06-14T10:00:00Z',
    waiting: null,
  })
})

t.test('import status: complete', async (t) => {
  await storeLedger(spent())
  await addAthlete(db, ME)
  await addImport(db, ME, { state: 'complete', completedAt: new Date(NOW - 1_000) })
  t.match(await queries.import(ME), {
    state: 'complete',
    waiting: null,
    completed_at: '2026-06-15T11:59:59.000Z',
  })
})

t.test('import status: waits for the quota as the ledger decides', async (t) => {
  await storeLedger(spent())
  await addAthlete(db, ME)
  await addImport(db, ME)
  const status = await queries.import(ME)
  t.equal(status?.state, 'running')
  t.match(status?.waiting, { reason: 'quota_15min', until: '2026-06-15T12:15:02.000Z' })
  t.match(status?.waiting?.detail, /quarter of an hour/)
})

t.test('import status: a sign-up does not wait for quota that is reserved for sign-ups', async (t) => {
  const state = initialState(LIMITS, NOW)
  await storeLedger({ ...state, read: { ...state.read, used: { quarterHour: 99, day: 99 } } })
  await addAthlete(db, ME)
  await addImport(db, ME, { state: 'queued', pages: 0 })
  t.match((await queries.import(ME))?.waiting, { reason: 'queued', until: null })
  await addAthlete(db, '43')
  await addImport(db, '43', { pages: 1 })
  t.match((await queries.import('43'))?.waiting, { reason: 'reserved' })
  await addAthlete(db, '44')
  t.match(
    (await queries.import('44'))?.waiting,
    { reason: 'queued' },
    'nor does one that is not recorded yet',
  )
})

t.test('import status: waits for Strava with the reason of the last attempt', async (t) => {
  await storeLedger(failing())
  await addAthlete(db, ME)
  const waitUntil = new Date(NOW + 60_000)
  await addImport(db, ME, { state: 'queued', waitReason: 'strava_unavailable', waitUntil })
  t.match(await queries.import(ME), {
    state: 'queued',
    waiting: { reason: 'strava_unavailable', until: waitUntil.toISOString() },
  })
  t.match((await readsOf(db).quota()).strava, { state: 'degraded' }, 'the same everywhere')
  await db.update(quotaLedger).set({ state: initialState(LIMITS, NOW) })
  t.match(
    (await queries.import(ME))?.waiting,
    { reason: 'queued', until: waitUntil.toISOString() },
    'it has answered others since',
  )
})

t.test('import status: of two waits, the longer one is shown', async (t) => {
  await storeLedger(spent())
  await addAthlete(db, ME)
  await addImport(db, ME, { waitReason: 'strava_unavailable', waitUntil: new Date(NOW + 60_000) })
  t.match((await queries.import(ME))?.waiting, { reason: 'quota_15min' })
  await addAthlete(db, '43')
  await addImport(db, '43', { waitReason: 'token_rejected', waitUntil: new Date(NOW + DAY_MS) })
  t.match((await queries.import('43'))?.waiting, { reason: 'token_rejected' })
  await addAthlete(db, '44')
  await addImport(db, '44', { waitReason: 'rate_limited', waitUntil: new Date(NOW + DAY_MS) })
  t.match(
    (await queries.import('44'))?.waiting,
    { reason: 'quota_15min' },
    'of the limits the ledger knows best',
  )
})

t.test('import status: an elapsed wait is not shown', async (t) => {
  await addAthlete(db, ME)
  await addImport(db, ME, { waitReason: 'strava_unavailable', waitUntil: new Date(NOW) })
  t.equal((await queries.import(ME))?.waiting, null)
  await addAthlete(db, '43')
  await addImport(db, '43', { state: 'queued', waitReason: 'quota_day', waitUntil: new Date(NOW - 1) })
  t.match((await queries.import('43'))?.waiting, { reason: 'queued', until: null })
  await addAthlete(db, '44')
  await addImport(db, '44', { waitReason: 'a reason of another release' })
  t.equal((await queries.import('44'))?.waiting, null)
})

t.test('import status: blocked if only the athlete can resolve it', async (t) => {
  await storeLedger(spent())
  await addAthlete(db, '1', { grantState: 'needs_reauthorization' })
  await addImport(db, '1')
  await addAthlete(db, '2', { scopes: ['read'] })
  await addAthlete(db, '3')
  await addImport(db, '3', { waitReason: 'scope_missing' })
  await addAthlete(db, '4', { grantState: 'needs_reauthorization' })
  await addImport(db, '4', { state: 'complete', completedAt: new Date(NOW) })
  await addAthlete(db, '5', { scopes: ['read'] })
  await addImport(db, '5', { state: 'complete', completedAt: new Date(NOW) })
  const expected = {
    1: 'needs_reauthorization',
    2: 'scope_missing',
    3: 'scope_missing',
    4: 'needs_reauthorization',
    5: 'scope_missing',
  }
  for (const [id, reason] of Object.entries(expected))
    t.match(await queries.import(id), { state: 'blocked', waiting: { reason, until: null } })
  t.match(await queries.import('4'), { completed_at: String }, 'a whole history, which grows no more')
})

t.test('queue status: position of an athlete and depth of each lane', async (t) => {
  for (const id of ['1', '2', ME, '4']) {
    await addAthlete(db, id)
    await addImport(db, id)
    await db.insert(fetchQueue).values({ lane: 'backfill', athleteId: id, queuedAt: new Date(NOW) })
  }
  t.match(await queries.import(ME), { queue_position: 2 })
  t.match(await queries.import('1'), { queue_position: 0 })
  const { lanes } = await queries.quota()
  t.match(
    lanes.map(({ lane, queued }) => [lane, queued]),
    [
      ['signup', 0],
      ['newest', 0],
      ['webhook', 0],
      ['backfill', 4],
    ],
  )
})

t.test('import status: shows the published ETA', async (t) => {
  const at = (minutes: number) => NOW + minutes * 60_000
  const published: PublishedEta = {
    expected: 640,
    pages: 4,
    eta: at(30),
    latest: at(60),
    reason: 'busy',
    change: { at: at(-5), from: at(20), reason: 'busier' },
  }
  await addAthlete(db, ME)
  await addImport(db, ME, { publishedEta: published })
  await addActivities(db, ME, series(3))
  t.match(await queries.import(ME), {
    activities_expected: 640,
    eta: '2026-06-15T12:30:00.000Z',
    eta_latest: '2026-06-15T13:00:00.000Z',
    eta_reason: 'busy',
    eta_change: { at: '2026-06-15T11:55:00.000Z', from: '2026-06-15T12:20:00.000Z', reason: 'busier' },
  })
  const unknown = { eta: null, eta_latest: null, eta_reason: null, eta_change: null }
  const update = (values: Partial<typeof imports.$inferInsert>) => db.update(imports).set(values)
  await update({ publishedEta: { ...published, expected: 2 } })
  t.match(await queries.import(ME), { activities_expected: 3 }, 'never less than is stored')
  await update({ publishedEta: { ...published, latest: NOW - 1 } })
  t.match(await queries.import(ME), { ...unknown, activities_expected: 640 }, 'an end that has passed')
  await update({ publishedEta: { of: 'another release' } })
  t.match(await queries.import(ME), { ...unknown, activities_expected: null })
  await update({ publishedEta: published, state: 'complete', completedAt: new Date(NOW) })
  t.match(await queries.import(ME), { ...unknown, activities_expected: 3 }, 'complete')
  await update({ publishedEta: published, state: 'running' })
  await db.update(athletes).set({ grantState: 'needs_reauthorization' })
  t.match(await queries.import(ME), { ...unknown, state: 'blocked', activities_expected: null })
})

t.test('import status: either activity scope is enough', async (t) => {
  await addAthlete(db, ME, { scopes: ['read', 'activity:read'] })
  t.equal((await queries.import(ME))?.state, 'queued')
})

t.test('quota status: initial limits before the first call, Strava’s after it', async (t) => {
  const shortReads = { window: '15min', counter: 'read' }
  const cold = await queries.quota()
  t.match(cold.windows[0], { ...shortReads, limit: 100, used: 0, resets_at: '2026-06-15T12:15:02.000Z' })
  t.equal(cold.as_of, '2026-06-15T12:00:00.000Z')
  const request = { id: 'a', lane: 'signup' as const, now: NOW, leaseMs: 1_000 }
  await storeLedger(reserve(initialState(LIMITS, NOW), request).state)
  t.match(
    (await queries.quota()).windows[0],
    { ...shortReads, used: 0 },
    'a status of the last second is reused',
  )
  t.match((await readsOf(db).quota()).windows[0], { ...shortReads, used: 1 })
})
