import {
  athletePresence,
  athletes,
  estimateImport,
  fetchQueue,
  imports,
  quotaLedger,
  wantedActivities,
} from '@ikigai/db'
import { importEnd, initialState, type LedgerState, Outlook, reserve } from '@ikigai/quota'
import { eq } from 'drizzle-orm'
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

t.test('what is kept for sign-ups, a sign-up does not wait for', async (t) => {
  const state = initialState(LIMITS, NOW)
  await storeLedger({ ...state, read: { ...state.read, used: { short: 99, day: 99 } } })
  await addAthlete(db, ME)
  await addImport(db, ME, { state: 'queued', pages: 0 })
  t.match((await reads.import(ME))?.waiting, { reason: 'queued', until: null })
  await addAthlete(db, '43')
  await addImport(db, '43', { pages: 1 })
  t.match((await reads.import('43'))?.waiting, { reason: 'reserved' })
  await addAthlete(db, '44')
  t.match((await reads.import('44'))?.waiting, { reason: 'queued' }, 'nor does one that is not recorded yet')
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
  await addAthlete(db, '44')
  await addImport(db, '44', { waitReason: 'application_inactive' })
  t.match((await reads.import('44'))?.waiting, { reason: 'application_inactive', until: null })
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
  for (const id of ['1', '2', ME, '4']) {
    await addAthlete(db, id)
    await addImport(db, id)
    await db.insert(fetchQueue).values({ lane: 'backfill', athleteId: id, queuedAt: new Date(NOW) })
  }
  t.match(await reads.import(ME), { queue_position: 2 })
  t.match(await reads.import('1'), { queue_position: 0 })
  const { lanes } = await reads.quota()
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

/** An import begun at `NOW` whose `pages` pages reach `days` back. */
async function addWalk(
  id: string,
  { pages = 1, days = 100, accountDays = 1_000, lane = 'backfill' },
): Promise<void> {
  const at = new Date(NOW)
  const ago = (count: number) => NOW - count * DAY_MS
  await addAthlete(db, id, { stravaCreatedAt: new Date(ago(accountDays)) })
  await addImport(db, id, { pages, cursorBefore: ago(days) / 1_000, startedAt: at, updatedAt: at })
  await db.insert(fetchQueue).values({ lane, athleteId: id, queuedAt: at })
}

t.test('how much is expected: as much a day as so far, since the account began', async (t) => {
  const table = [
    { pages: 1, days: 100, accountDays: 1_000, expected: 200 + 1_800, why: 'one page' },
    { pages: 3, days: 300, accountDays: 900, expected: 598 + 1_196, why: 'three pages' },
    { pages: 4, days: 999, accountDays: 1_000, expected: 797 + 1, why: 'nearly there' },
    { pages: 1, days: 0, accountDays: 10, expected: 200 + 2_000, why: 'all on this day' },
    { pages: 2, days: 1_000, accountDays: 1_000, expected: 399 + 200, why: 'one page more' },
    { pages: 2, days: 2_000, accountDays: 1_000, expected: 399 + 200, why: 'older than the account' },
  ]
  for (const [index, { expected, why, ...walk }] of table.entries()) {
    await addWalk(String(index + 1), walk)
    t.equal((await reads.import(String(index + 1)))?.activities_expected, expected, why)
  }
})

t.test('how much is expected, where little is known', async (t) => {
  await addAthlete(db, '1')
  await addImport(db, '1', { pages: 2, cursorBefore: NOW / 1_000 - 86_400 })
  const unknown = { activities_expected: null, eta: null }
  t.match(await reads.import('1'), unknown, 'no word of when the account began')
  await addAthlete(db, '2', { stravaCreatedAt: new Date(NOW - DAY_MS) })
  await addImport(db, '2', { state: 'queued', pages: 0 })
  t.match(await reads.import('2'), unknown, 'before the first page')
  await addWalk('3', { days: 9, accountDays: 10 })
  await addActivities(db, '3', series(300))
  t.match(await reads.import('3'), { activities_expected: 300, eta: null }, 'never less than is stored')
  await addAthlete(db, '4', { stravaCreatedAt: new Date(NOW - 10 * DAY_MS) })
  await addImport(db, '4', {
    state: 'complete',
    pages: 1,
    cursorBefore: NOW / 1_000,
    completedAt: new Date(NOW),
  })
  await addActivities(db, '4', series(3, 1_001))
  await storeLedger(initialState(LIMITS, NOW))
  t.match(await reads.import('4'), { activities_expected: 3, eta: null }, 'complete')
})

t.test('when all of it will be there', async (t) => {
  const ledger = spent()
  await storeLedger(ledger)
  const after = (own: number, others = 0, signup = 0) => {
    const waiting = { signup, newest: 0, webhook: 0, resync: 0 }
    return new Date(importEnd(new Outlook(ledger, waiting, NOW), { own, others }, NOW)).toISOString()
  }
  // An outlook is kept for a second, and the clock stands still.
  const etaOf = async (id: string) => (await readsOf(db).import(id))?.eta
  // 15,050 and 39,800 activities to come: 76 and 200 pages.
  await addWalk(ME, { days: 10, accountDays: 762.5 })
  t.equal(await etaOf(ME), after(76), 'alone')
  t.ok(Number(Date.parse(after(76))) > NOW + 900_000, 'not before the next quarter of an hour')

  await addWalk('43', { days: 10, accountDays: 2_000 })
  t.equal(await etaOf(ME), after(76, 75), 'two take turns')
  t.equal(await etaOf('43'), after(200, 76), 'the shorter one is through first')
  t.ok(after(76) < after(76, 75) && after(76, 75) < after(200, 76))

  await addWalk('44', { days: 10, accountDays: 10, lane: 'signup' })
  t.equal(await etaOf(ME), after(76, 75, 1), 'a sign-up goes before')
  await db.update(imports).set({ waitUntil: new Date(NOW + 30 * DAY_MS) })
  t.equal(await etaOf(ME), '2026-07-15T12:00:00.000Z', 'not before a wait that is known')
  await db.update(athletes).set({ grantState: 'needs_reauthorization' })
  t.match(await reads.import(ME), { state: 'blocked', eta: null, activities_expected: null })
})

t.test('what is to come is played once a second for all who ask', async (t) => {
  await storeLedger(spent())
  let now = NOW
  const moving = readsOf(db, { clock: { now: () => now } })
  const etaOf = async (id: string) => (await moving.import(id))?.eta ?? ''
  await addWalk(ME, { days: 10, accountDays: 762.5 })
  await addWalk('43', { days: 10, accountDays: 2_000 })
  const [mine, his] = [await etaOf(ME), await etaOf('43')]
  t.ok(mine < his, 'each has his own end in it')
  const owed = { lane: 'webhook' as const, athleteId: ME, notBefore: new Date(NOW) }
  for (let i = 1; i <= 60; i++) await db.insert(wantedActivities).values({ ...owed, activityId: String(i) })
  now += 999
  t.equal(await etaOf(ME), mine)
  now += 1
  t.ok((await etaOf(ME)) > mine)
})

t.test('whose pages come before the last of one’s own', async (t) => {
  await storeLedger(spent())
  // Three pages to come of each.
  for (const id of ['43', ME, '44', '45']) await addWalk(id, { days: 10, accountDays: 34 })
  await db.insert(athletePresence).values({ athleteId: '45', until: new Date(NOW + 3_600_000) })
  const others = async (id: string) => (await estimateImport(db, id, new Date(NOW)))?.others
  const three = { pages: 3, count: 1 }
  t.same(await others(ME), [
    { ...three, isAhead: false, isWatching: false },
    { ...three, isAhead: false, isWatching: true },
    { ...three, isAhead: true, isWatching: false },
  ])
  await db.delete(fetchQueue).where(eq(fetchQueue.athleteId, ME))
  t.same(
    await others(ME),
    [
      { pages: 3, count: 2, isAhead: true, isWatching: false },
      { ...three, isAhead: true, isWatching: true },
    ],
    'who comes to the lane now, comes last',
  )
})

t.test('no end is told where the limit lets nothing through', async (t) => {
  const none = { short: 0, day: 0 }
  await storeLedger(initialState({ read: none, overall: none }, NOW))
  await addWalk(ME, {})
  t.match(await reads.import(ME), { activities_expected: 2_000, eta: null })
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
