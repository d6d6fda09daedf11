import { connectBus, STREAMS } from '@ikigai/bus'
import { activities, fetchJobs, listings } from '@ikigai/db'
import { eventually, TestClock, type TestContext } from '@ikigai/testkit'
import { and, count, eq, isNotNull, isNull } from 'drizzle-orm'
import t from 'tap'
import { type SignedIn, type StackOptions, startStack } from './stack.ts'

const MINUTE_MS = 60_000
/** Looks in a row that find jobs which could be served and nobody serving them: their lane waits. */
const IDLE_LOOKS = 10
const STEP_MS = MINUTE_MS / 4
/** Calls that confirm no event: of one athlete, of all, and those under way when a budget runs out. */
const BUDGET = { athlete: 10, all: 20, underWay: 8 }

/** What a forger sends about an athlete. */
interface Forgery {
  readonly aspect: 'create' | 'update' | 'delete'
  readonly owner: string
  readonly ids: readonly string[]
  readonly updates?: Readonly<Record<string, string>>
}

const strangeIds = (n: number) => Array.from({ length: n }, (_, index) => String(700_000_000_000 + index))

/** A stack with these athletes imported, and somebody who knows the webhook's address. */
async function underAttack(t: TestContext, histories: readonly number[], limits?: StackOptions['limits']) {
  const clock = new TestClock(Date.parse('2030-03-05T10:01:00Z'))
  const stack = await startStack(t, { clock, ...(limits === undefined ? {} : { limits }) })
  const { admin } = stack.strava
  const athletes = histories.map((activities) => admin.createAthlete({ activities }).id)
  const visitors: SignedIn[] = []
  for (const id of athletes) visitors.push(await stack.signIn(id))
  for (const visitor of visitors)
    await eventually(async () => (await visitor.get('/v1/import')).body['state'] === 'complete')
  await eventually(async () => (await stack.db.$count(fetchJobs)) === 0)
  await eventually(() => admin.subscription() !== null)
  await clock.advance(31_000)
  await eventually(async () => (await stack.db.$count(listings)) === histories.length)
  admin.resetCounters()
  const bus = await connectBus({ servers: [stack.natsUrl], name: 'test', logger: stack.logger })
  t.teardown(() => bus.close())
  const jsm = await bus.nc.jetstreamManager()
  const path = `${stack.webhookUrl}/webhooks/strava/${stack.env['STRAVA_WEBHOOK_SECRET']}`

  const forge = async ({ aspect, owner, ids, updates = {} }: Forgery) => {
    for (let start = 0; start < ids.length; start += 50) {
      const answers = await Promise.all(
        ids.slice(start, start + 50).map((id) =>
          fetch(path, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({
              object_type: 'activity',
              object_id: Number(id),
              aspect_type: aspect,
              owner_id: Number(owner),
              subscription_id: admin.subscription()?.id,
              event_time: Math.floor(clock.now() / 1_000),
              updates,
            }),
          }),
        ),
      )
      if (answers.some(({ status }) => status !== 200)) throw new Error('an event was not taken')
    }
  }
  /** Until every event has been dealt with. */
  const taken = () =>
    eventually(
      async () => {
        const info = await jsm.consumers.info(STREAMS.stravaEvents, 'fetcher')
        return info.num_pending === 0 && info.num_ack_pending === 0
      },
      { timeoutMs: 100_000 },
    )
  let idleLooks = 0
  /** When time may pass until, because there is nothing to do before: epoch ms. */
  const idleUntil = async () => {
    const jobs = await stack.db.select().from(fetchJobs).where(isNull(fetchJobs.deadAt))
    const isWorking = jobs.some(({ claimedBy }) => claimedBy !== null)
    idleLooks = isWorking ? 0 : idleLooks + 1
    if (isWorking) return undefined
    const next = Math.min(clock.now() + STEP_MS, ...jobs.map(({ readyAt }) => readyAt.getTime()))
    if (next > clock.now()) return next
    return idleLooks % IDLE_LOOKS === 0 ? clock.now() + STEP_MS : undefined
  }
  /** Lets time pass, when there is nothing to do, until something is so. */
  const passing = (condition: () => Promise<boolean>) =>
    eventually(
      async () => {
        if (await condition()) return true
        const at = await idleUntil()
        if (at !== undefined) await clock.advanceTo(at)
        return false
      },
      { timeoutMs: 100_000 },
    )
  const served = async (visitor: SignedIn | undefined, id: string) =>
    (await visitor?.get(`/v1/activities/${id}`))?.status === 200
  return { ...stack, clock, admin, athletes, visitors, forge, taken, passing, served }
}

t.test('forged events of one athlete: few calls, and the true ones among them are served', async (t) => {
  const { admin, athletes, visitors, forge, taken, passing, served } = await underAttack(t, [20, 3])
  const [target = '', other = ''] = athletes
  await forge({ aspect: 'create', owner: target, ids: strangeIds(75) })
  await forge({ aspect: 'delete', owner: target, ids: strangeIds(150).slice(75) })
  const ofTarget = admin.createActivity(target, { name: 'Real' })
  const ofOther = admin.createActivity(other, { name: 'Real too' })
  await admin.idle()
  await taken()
  await eventually(() => served(visitors[1], ofOther.id))
  await passing(() => served(visitors[0], ofTarget.id))
  const { detail, list } = admin.counters().calls
  t.ok(detail <= BUDGET.athlete + BUDGET.underWay + 1, `${detail} details`)
  t.ok(list <= 4, `${list} lists`)
  for (const { id } of admin.activities(target).slice(0, 5)) t.ok(await served(visitors[0], id))
})

t.test('forged events of three athletes: the calls are bounded over all of them', async (t) => {
  const { admin, athletes, forge, taken, passing, db, visitors, served } = await underAttack(
    t,
    [5, 80, 80, 3],
    { read: { fifteenMinutes: 100, day: 1_000 }, overall: { fifteenMinutes: 200, day: 2_000 } },
  )
  const [first = '', second = '', third = '', honest = ''] = athletes
  await forge({ aspect: 'create', owner: first, ids: strangeIds(40) })
  const stored = (id: string) =>
    admin
      .activities(id)
      .slice(0, 60)
      .map((activity) => activity.id)
  for (const owner of [second, third])
    await forge({ aspect: 'update', owner, ids: stored(owner), updates: { title: 'Forged' } })
  await taken()
  await passing(async () => (await db.$count(activities, eq(activities.name, 'Forged'))) === 0)
  const { detail, list } = admin.counters().calls
  t.ok(detail <= BUDGET.all + BUDGET.underWay, `${detail} details of 160 that were asked for`)
  t.ok(list <= 12, `${list} lists`)
  const created = admin.createActivity(honest, { name: 'Honest' })
  await admin.idle()
  await taken()
  await passing(() => served(visitors[3], created.id))
})

t.test('200 forged deletions: a handful is hidden, and only until Strava is asked', async (t) => {
  const { admin, athletes, forge, taken, passing, db } = await underAttack(t, [260])
  const [target = ''] = athletes
  const ids = admin.activities(target).map(({ id }) => id)
  let most = 0
  const hidden = async () => {
    const [row] = await db
      .select({ n: count() })
      .from(activities)
      .where(and(eq(activities.athleteId, target), isNotNull(activities.hiddenAt)))
    most = Math.max(most, row?.n ?? 0)
    return row?.n ?? 0
  }
  admin.addFault({ kind: 'error', status: 503, route: 'detail', count: 1 })
  await Promise.all([
    forge({ aspect: 'delete', owner: target, ids: ids.slice(0, 200) }),
    eventually(async () => (await hidden()) > 0),
  ])
  await taken()
  await hidden()
  t.ok(most <= 5, `${most} hidden at once`)
  await passing(async () => (await hidden()) === 0)
  t.equal(await db.$count(activities, eq(activities.athleteId, target)), 260, 'nothing is erased')
  const { detail, list } = admin.counters().calls
  t.ok(detail <= BUDGET.athlete + BUDGET.underWay, `${detail} details`)
  t.ok(list <= 8, `${list} lists`)
})

t.test('many true deletions at once are all believed, each after Strava has been asked', async (t) => {
  const { admin, athletes, taken, passing, db } = await underAttack(t, [60])
  const [id = ''] = athletes
  for (const activity of admin.activities(id).slice(0, 12)) admin.deleteActivity(activity.id)
  await admin.idle()
  await taken()
  await passing(async () => (await db.$count(activities, eq(activities.athleteId, id))) === 48)
  t.pass('without a resync')
})

t.test('an honest upload of 25 activities at once is whole within two minutes, by lists', async (t) => {
  const { admin, athletes, clock, taken, db, passing, visitors, served } = await underAttack(t, [30])
  const [id = ''] = athletes
  const begun = clock.now()
  const uploaded: string[] = []
  for (let n = 0; n < 25; n += 1) uploaded.push(admin.createActivity(id, { name: `Upload ${n}` }).id)
  await admin.idle()
  await taken()
  await passing(async () => (await db.$count(activities, eq(activities.athleteId, id))) === 55)
  t.ok(clock.now() - begun <= 2 * MINUTE_MS, `${(clock.now() - begun) / 1_000} s`)
  for (const each of uploaded) t.ok(await served(visitors[0], each))
  const { detail, list } = admin.counters().calls
  t.ok(detail + list <= 27, `${detail} details and ${list} lists`)
})

t.test('an honest upload of 25 activities over a quarter of an hour is never late', async (t) => {
  const { admin, athletes, clock, visitors, served } = await underAttack(t, [30])
  const [id = ''] = athletes
  for (let n = 0; n < 25; n += 1) {
    const { id: created } = admin.createActivity(id, { name: `Upload ${n}` })
    await eventually(() => served(visitors[0], created))
    await clock.advance(36_000)
  }
  t.equal(admin.counters().calls.detail, 25, 'what Strava confirms costs nothing of the budget')
})
