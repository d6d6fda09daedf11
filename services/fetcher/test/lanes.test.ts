import { fetchSubject, INTERNAL, provision, requestFetch, STREAMS } from '@ikigai/bus'
import { activities, athletePresence, imports, wantedActivities } from '@ikigai/db'
import { eventually } from '@ikigai/testkit'
import { and, count, eq, isNotNull, sql } from 'drizzle-orm'
import t from 'tap'
import { startHarness } from './harness.ts'

const READ_LIMIT = 9_000
const harness = await startHarness(t, { ENRICH: 'true', STRAVA_READ_LIMIT: `${READ_LIMIT},90000` })
const { strava, db, clock, bus, passing } = harness
const { admin } = strava
const DAY_MS = 86_400_000

const withDetail = async (athleteId: string) => {
  const own = eq(activities.athleteId, athleteId)
  const [row] = await db
    .select({ n: count() })
    .from(activities)
    .where(and(own, isNotNull(activities.detailAt)))
  return row?.n ?? 0
}
/** Ids of the fetched activities, in the order of the calls. */
const askedFor = () => admin.calls().flatMap(({ url }) => /\/activities\/(\d+)/.exec(url)?.[1] ?? [])
const tell = (subject: string, body: object) => bus.nc.publish(subject, JSON.stringify(body))

t.test(
  'limits: the ledger begins with those of the settings, and takes those of Strava’s answers',
  async (t) => {
    const limit = async () => {
      const text = await harness.fetcher.registry.metrics()
      return Number(/^ikigai_strava_calls_limit\{.*counter="read",window="15min".*\} (\d+)$/m.exec(text)?.[1])
    }
    t.equal(await limit(), READ_LIMIT, 'no call has been made yet')
    const id = await harness.athlete({ activities: 0 })
    await harness.queue({ lane: 'signup', athleteId: id })
    await eventually(async () => (await limit()) === admin.limits().read.fifteenMinutes)
  },
)

t.test('sign-up: without quota, every request that waits for a first page is answered', async (t) => {
  const limits = admin.limits()
  const spent = { fifteenMinutes: admin.usage().read.fifteenMinutes + 1, day: 100_000 }
  admin.setLimits({ read: spent, overall: spent })
  const [last, ...waiting] = [
    await harness.athlete(),
    await harness.athlete(),
    await harness.athlete(),
    await harness.athlete(),
  ]
  await harness.queue({ lane: 'signup', athleteId: last })
  await eventually(async () => (await harness.place('signup', last)) === undefined)
  const replied: string[] = []
  const inbox = bus.nc.subscribe('replied.*', {
    callback: (_error, message) => replied.push(message.subject),
  })
  for (const athleteId of waiting) {
    await harness.queue({ lane: 'signup', athleteId, replyTo: `replied.${athleteId}` })
    await eventually(() => replied.includes(`replied.${athleteId}`))
  }
  t.equal(replied.length, 3, 'once each')
  inbox.unsubscribe()
  admin.setLimits(limits)
  for (const athleteId of waiting)
    await passing(async () => (await harness.place('signup', athleteId)) === undefined, 60_000)
})

t.test('enrich: fetches viewed activities first, then the newest, each once', async (t) => {
  const id = await harness.athlete({ activities: 12, manualShare: 0, privateShare: 0 })
  await harness.queue({ lane: 'signup', athleteId: id })
  await eventually(async () => (await withDetail(id)) === 5)
  const newestFirst = admin.activities(id).map((activity) => activity.id)
  const [viewed, corrupt, missing] = [newestFirst[10], newestFirst[6], newestFirst[8]]
  if (viewed === undefined || corrupt === undefined || missing === undefined) throw new Error('too few')
  admin.addFault({ kind: 'error', status: 500, route: 'detail', activityId: corrupt })
  await requestFetch(bus, 'viewed', id, { activity_id: viewed })
  tell(fetchSubject('viewed', id), { activity_id: 'not an id' })
  await eventually(async () => {
    const [row] = await db
      .select({ at: activities.viewedAt })
      .from(activities)
      .where(eq(activities.id, viewed))
    return row?.at !== null
  })

  await passing(async () => (await withDetail(id)) === 11)
  t.same(
    askedFor().slice(5),
    [viewed, ...newestFirst.slice(5).filter((each) => each !== viewed)],
    'the corrupt one was asked for once and held up none',
  )
  await passing(async () => {
    const found = await harness.place('enrich', id)
    return (found?.delayedUntil?.getTime() ?? 0) > clock.now() + 60_000
  }, 10)
  t.pass('its job waits until the oldest detail is due')
  const calls = admin.counters().calls.detail
  await clock.jump(DAY_MS / 2)
  await passing(
    async () => ((await harness.place('enrich', id))?.delayedUntil?.getTime() ?? 0) > clock.now(),
    60_000,
  )
  t.equal(admin.counters().calls.detail, calls, 'no detail is fetched before it is due')
  admin.clearFaults()
  await clock.jump(6 * DAY_MS)
  await passing(async () => (await withDetail(id)) === 12, 60_000)
  t.pass('old details are fetched again, and the one that failed')
})

t.test('presence: stored while the athlete is online', async (t) => {
  const id = await harness.athlete()
  tell(INTERNAL.athletePresent, { athlete_id: '404404' })
  const noted = () => db.select().from(athletePresence)
  // A signal may be lost; gateways repeat it.
  await eventually(async () => {
    tell(INTERNAL.athletePresent, { athlete_id: id })
    return (await noted()).length === 1
  })
  t.match(await noted(), [{ athleteId: id, until: new Date(clock.now() + 120_000) }])
  await passing(async () => (await noted()).length === 0, 30_000)
  t.pass('and forgotten')
})

t.test('orphans: a lost sign-up request is found, and work without a queue entry is queued', async (t) => {
  const id = await harness.athlete({ activities: 450 })
  await db.delete(imports).where(eq(imports.athleteId, id))
  const progress = async () => {
    const [row] = await db.select().from(imports).where(eq(imports.athleteId, id))
    return row
  }
  await passing(async () => (await progress())?.state === 'complete', 5_000)
  t.match(await progress(), { generation: 1, state: 'complete' }, 'from the account')

  const lost = await harness.athlete({ activities: 1 })
  await passing(async () => (await withDetail(lost)) === 1, 10_000)
  t.pass('from the import')
})

t.test('sign-up: an accepted request is not needed any more', async (t) => {
  const id = await harness.athlete({ activities: 1 })
  harness.grants.set(id, 'unavailable')
  await requestFetch(bus, 'signup', id, {})
  await eventually(async () => (await harness.place('signup', id)) !== undefined)
  const jsm = await bus.nc.jetstreamManager()
  await eventually(async () => (await jsm.streams.info(STREAMS.fetch)).state.messages === 0)
  await jsm.streams.delete(STREAMS.fetch)
  await provision(bus)
  harness.grants.delete(id)
  await passing(async () => (await harness.place('signup', id)) === undefined)
  const [row] = await db.select().from(imports).where(eq(imports.athleteId, id))
  t.match(row, { pages: 1, generation: 1 })
})

t.test('sign-up: every request that waits for the first page gets the outcome', async (t) => {
  const id = await harness.athlete({ activities: 1 })
  const replied: string[] = []
  const inbox = bus.nc.subscribe('heard.*', {
    callback: (_error, message) => replied.push(`${message.subject} ${message.string()}`),
  })
  await Promise.all([
    requestFetch(bus, 'signup', id, { reply_to: 'heard.one' }),
    requestFetch(bus, 'signup', id, { reply_to: 'heard.two' }),
  ])
  await eventually(() => new Set(replied).size === 2)
  t.same([...new Set(replied)].sort(), ['heard.one {"outcome":"stored"}', 'heard.two {"outcome":"stored"}'])
  await requestFetch(bus, 'signup', id, { reply_to: 'heard.late' })
  await eventually(() => replied.includes('heard.late {"outcome":"stored"}'))
  t.equal((await db.select().from(imports).where(eq(imports.athleteId, id)))[0]?.generation, 1)
  inbox.unsubscribe()
})

t.test('sign-up: the outcome does not wait for the rest of the first page', async (t) => {
  const id = await harness.athlete({ activities: 60 })
  const replied: string[] = []
  const inbox = bus.nc.subscribe('heard.early', { callback: (_error, { data }) => replied.push(`${data}`) })
  const own = eq(activities.athleteId, id)
  await db.transaction(async (tx) => {
    // The rest is stored together with the five activities whose details are wanted.
    await tx.execute(sql`lock table ${wantedActivities} in exclusive mode`)
    await requestFetch(bus, 'signup', id, { reply_to: 'heard.early' })
    await eventually(() => replied.length > 0)
    t.equal(await db.$count(activities, own), 5)
    t.match(await db.select().from(imports).where(eq(imports.athleteId, id)), [{ pages: 0 }])
  })
  await passing(async () => (await withDetail(id)) === 5)
  t.equal(await db.$count(activities, own), 60)
  const created = `ikigai.v1.event.activity.created.${id}`
  const jsm = await bus.nc.jetstreamManager()
  const published = async () =>
    (await jsm.streams.info(STREAMS.events, { subjects_filter: created })).state.subjects?.[created]
  await eventually(async () => (await published()) === 60)
  inbox.unsubscribe()
})

t.test('metrics: attempts and calls are counted', async (t) => {
  const metrics = await (await fetch(`${harness.fetcher.urls.admin}/metrics`)).text()
  for (const line of [
    /ikigai_fetch_attempts_total\{lane="signup",result="done",reason="",service="fetcher"\} [1-9]/,
    /ikigai_strava_calls_total\{lane="enrich",outcome="ok",service="fetcher"\} [1-9]/,
    /ikigai_strava_calls_total\{lane="enrich",outcome="unavailable",service="fetcher"\} [1-9]/,
    /ikigai_fetch_queue_depth\{lane="webhook",state="waiting",service="fetcher"\} 0/,
    /ikigai_fetch_queue_oldest_age_seconds\{lane="backfill",service="fetcher"\} 0/,
    /ikigai_strava_calls_used\{counter="read",window="day",service="fetcher"\}/,
  ])
    t.match(metrics, line)
})
