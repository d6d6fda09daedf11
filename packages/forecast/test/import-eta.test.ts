import { arrivals, athletes, fetchQueue, imports, openDatabase, quotaLedger } from '@ikigai/db'
import { testDatabase } from '@ikigai/testkit'
import { eq, sql } from 'drizzle-orm'
import t from 'tap'
import {
  ArrivalCounter,
  ArrivalReader,
  forgetArrivals,
  ImportEta,
  type PublishedEta,
  parsePublishedEta,
} from '../src/index.ts'
import { DAY, fresh, HOUR, MINUTE, NOON } from './helpers.ts'

const ME = '42'
const { url } = await testDatabase(t)
const { db, close } = openDatabase({ url, name: 'test' })
t.teardown(close)
t.beforeEach(() => db.execute(sql`truncate athletes, quota_ledger, arrivals cascade`))

/** An import whose `pages` pages reach `days` back, and its place in the lane `backfill`. */
async function addImport(id: string, { pages = 1, days = 100, accountDays = 1_000 }): Promise<void> {
  const at = new Date(NOON)
  await db.insert(athletes).values({
    id,
    username: `runner_${id}`,
    firstName: 'Ada',
    lastName: 'Runner',
    profileUrl: null,
    scopes: ['activity:read_all'],
    connectedAt: at,
    stravaCreatedAt: new Date(NOON - accountDays * DAY),
  })
  const cursorBefore = (NOON - days * DAY) / 1_000
  await db
    .insert(imports)
    .values({ athleteId: id, state: 'running', pages, cursorBefore, startedAt: at, updatedAt: at })
  await db.insert(fetchQueue).values({ lane: 'backfill', athleteId: id, queuedAt: at })
}

const storeLedger = async (state = fresh()) => {
  await db.execute(sql`truncate quota_ledger`)
  await db.insert(quotaLedger).values({ id: 'strava', state, updatedAt: new Date(NOON) })
}

async function tell(id: string, now = NOON, eta = new ImportEta()): Promise<PublishedEta | null> {
  const [row] = await db.select().from(imports).where(eq(imports.athleteId, id))
  if (row === undefined) throw new Error('no import')
  return eta.revise(db, row, now)
}

t.test('eta: arrivals are counted by all replicas, and forgotten after four weeks', async (t) => {
  const [one, other] = [new ArrivalCounter(), new ArrivalCounter()]
  one.add('signup', 1, NOON)
  one.add('signup', 2, NOON + 1_000)
  one.add('webhook', 3, NOON - 2 * DAY)
  one.add('backfill', 9, NOON)
  other.add('signup', 4, NOON)
  other.add('webhook', 5, NOON - 30 * DAY)
  await one.flush(db)
  await other.flush(db)
  await one.flush(db)
  await forgetArrivals(db, NOON)
  const { signup, webhook } = await new ArrivalReader().read(db, NOON)
  t.equal(signup.today(NOON), 7)
  t.equal(webhook.inHour(NOON - 2 * DAY - (NOON % HOUR)), 3)
  t.equal(await db.$count(arrivals), 2)
})

t.test('eta: what cannot be written is kept for the next time', async (t) => {
  const counter = new ArrivalCounter()
  counter.add('signup', 3, NOON)
  const broken = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', name: 'test' })
  t.teardown(broken.close)
  await t.rejects(counter.flush(broken.db))
  await counter.flush(db)
  t.equal((await new ArrivalReader().read(db, NOON)).signup.today(NOON), 3)
})

t.test('eta: the lane is read once a second, however many ask', async (t) => {
  await storeLedger()
  await addImport(ME, {})
  const eta = new ImportEta()
  const first = await tell(ME, NOON, eta)
  for (let n = 1; n <= 100; n += 1) await addImport(String(1_000 + n), {})
  t.same(await tell(ME, NOON + 900, eta), first)
  t.ok(((await tell(ME, NOON + 1_000, eta))?.eta ?? 0) > (first?.eta ?? Number.POSITIVE_INFINITY))
})

t.test('200 so far: no total, and a range that says why', async (t) => {
  await storeLedger()
  await addImport(ME, { pages: 1, days: 100, accountDays: 300 })
  const told = await tell(ME)
  t.match(told, { expected: null, reason: 'history_length', change: null })
  t.ok(told?.eta && told.latest && told.latest > told.eta)
  const [row] = await db.select().from(imports)
  t.strictSame(parsePublishedEta(row?.publishedEta), told, 'kept with the import')
})

t.test('eta: once the pages reach back over most of the account, the total and a time', async (t) => {
  await storeLedger()
  await addImport(ME, { pages: 4, days: 900, accountDays: 1_000 })
  t.match(await tell(ME), { expected: 886, latest: null, reason: null })
})

t.test('eta: without facts there is no ETA', async (t) => {
  await addImport(ME, {})
  t.match(await tell(ME), { eta: null, expected: null }, 'before the first call')
  const none = { quarterHour: 0, day: 0 }
  await storeLedger({ ...fresh(0, 0), read: { limit: none, used: none } })
  t.match(await tell(ME), { eta: null }, 'a limit of 0')
  await db.update(athletes).set({ stravaCreatedAt: null })
  await storeLedger()
  t.match(await tell(ME), { eta: null }, 'no word of when the account began')
  await db.update(imports).set({ pages: 0, cursorBefore: null })
  t.equal(await tell(ME), null, 'before the first page')
})

t.test('eta: others in the lane make it later, and a known wait', async (t) => {
  await storeLedger()
  await addImport(ME, { pages: 9, days: 900, accountDays: 1_000 })
  const alone = await tell(ME)
  for (let i = 1; i <= 150; i++) await addImport(String(1_000 + i), { days: 10, accountDays: 100 })
  const busy = await tell(ME, NOON + 1_000)
  t.ok((busy?.eta ?? 0) > (alone?.eta ?? 0))
  t.match(busy?.change, { from: alone?.eta, at: NOON + 1_000, reason: 'busier' })
  await db
    .update(imports)
    .set({ waitUntil: new Date(NOON + 3 * DAY) })
    .where(eq(imports.athleteId, ME))
  t.ok(((await tell(ME, NOON + 2_000))?.eta ?? 0) >= NOON + 3 * DAY)
})

t.test('ETA: with 64 pages left after a wave of 30 sign-ups, it is hours, not days', async (t) => {
  // What the application has done before: a week with little.
  await storeLedger(fresh(200, 2_000, NOON - 7 * DAY))
  await addImport(ME, { pages: 12, days: 800, accountDays: 1_000 })
  for (let i = 1; i <= 30; i++) await addImport(String(100 + i), { days: 300, accountDays: 900 })
  const counter = new ArrivalCounter()
  for (let i = 0; i < 31; i++) counter.add('signup', 1, NOON - 2 * MINUTE + i * 2_000)
  counter.add('webhook', 3, NOON - 3 * DAY)
  await counter.flush(db)
  const eta = new ImportEta()
  const first = await tell(ME, NOON, eta)
  t.ok(first?.eta && first.eta < NOON + HOUR, `${first?.eta && (first.eta - NOON) / MINUTE} minutes`)
  let told = first
  for (let minute = 1; minute <= 6; minute++) {
    const state = fresh(200, 2_000, NOON - 7 * DAY)
    const out = {
      failures: 5,
      tripped: { reason: 'strava_unavailable' as const, until: NOON + 2 * MINUTE, trips: 2 },
    }
    await storeLedger(minute === 2 ? { ...state, breaker: out } : state)
    const next = await tell(ME, NOON + minute * MINUTE, eta)
    t.ok(Math.abs((next?.eta ?? 0) - (told?.eta ?? 0)) < HOUR, `minute ${minute}`)
    told = next
  }
})

t.test('eta: an outage of seconds does not change the published ETA', async (t) => {
  await storeLedger()
  await addImport(ME, { pages: 12, days: 900, accountDays: 1_000 })
  for (let i = 1; i <= 20; i++) await addImport(String(100 + i), { days: 10, accountDays: 200 })
  const before = await tell(ME)
  const tripped = { reason: 'strava_unavailable' as const, until: NOON + 30_000, trips: 1 }
  await storeLedger({ ...fresh(), breaker: { failures: 5, tripped } })
  const during = await tell(ME, NOON + 1_000)
  t.strictSame(during, before)
})
