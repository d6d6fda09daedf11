import { activities } from '@ikigai/db'
import { eventually, TestClock } from '@ikigai/testkit'
import { and, count, eq, isNotNull } from 'drizzle-orm'
import t from 'tap'
import { asObject, startStack } from './stack.ts'

/** How old the simulator's accounts are: a history as long is guessed well. */
const ACCOUNT_YEARS = 8
/** For a machine that does much else. */
const PATIENT = { timeoutMs: 60_000 }
/** Where each look moves the clock on. */
const STEPPING = { ...PATIENT, intervalMs: 20 }

const real = await startStack(t)

t.test('sign up: a new athlete with 1,000 activities', async (t) => {
  const { strava, db } = real
  const athlete = strava.admin.createAthlete({ activities: 1_000, sharedStartSeconds: 1 })

  const visitor = await real.signIn(athlete.id)
  const random = await visitor.get('/v1/activities/random')
  t.equal(random.status, 200, 'a random activity is there at once')
  t.equal(random.body['athlete_id'], athlete.id)

  await eventually(async () => (await visitor.get('/v1/import')).body['state'] === 'complete', PATIENT)
  const stored = await db.select({ n: count() }).from(activities).where(eq(activities.athleteId, athlete.id))
  t.equal(stored[0]?.n, 1_000, 'all are stored, none twice')
  await eventually(async () => {
    const [detailed] = await db.select({ n: count() }).from(activities).where(isNotNull(activities.detailAt))
    return detailed?.n === 5
  })
  const { calls, rateLimited } = strava.admin.counters()
  t.ok((calls.list ?? 0) <= 7, `${calls.list} list calls, 7 at most`)
  t.equal(calls.detail, 5, 'detail of the five newest')
  t.equal(rateLimited, 0)
})

t.test('sign up: a sign-up while Strava is down', async (t) => {
  const { strava, db } = real
  const athlete = strava.admin.createAthlete({ activities: 3 })
  const fault = strava.admin.addFault({ kind: 'error', status: 503, route: 'list' })
  const visitor = await real.signIn(athlete.id)
  t.equal((await visitor.get('/v1/me')).status, 200)
  const { state } = await eventually(async () => {
    const { body } = await visitor.get('/v1/import')
    return asObject(body['waiting'])['reason'] === 'strava_unavailable' ? body : undefined
  }, PATIENT)
  t.equal(state, 'queued')
  strava.admin.removeFault(fault.id)
  await eventually(async () => (await visitor.get('/v1/activities/random')).status === 200, PATIENT)
  const rows = await db
    .select({ id: activities.id })
    .from(activities)
    .where(and(eq(activities.athleteId, athlete.id)))
  t.equal(rows.length, 3)
})

t.test('sign up: two fetchers under a limit of 20 calls per window', async (t) => {
  const start = Date.parse('2030-03-05T10:01:00Z')
  const clock = new TestClock(start)
  const limits = { read: { fifteenMinutes: 20, day: 1_000 }, overall: { fifteenMinutes: 40, day: 2_000 } }
  const stack = await startStack(t, { clock, limits, fetchers: 2 })
  const { strava } = stack
  const veteran = strava.admin.createAthlete({ activities: 3_000, years: ACCOUNT_YEARS })
  const veteranVisit = await stack.signIn(veteran.id)
  const waits = async () => {
    const { body } = await veteranVisit.get('/v1/import')
    return body['waiting'] !== null && body['state'] === 'running' ? body : undefined
  }
  const waiting = await eventually(waits, PATIENT)
  t.match(waiting, { waiting: { reason: 'reserved' } }, 'the import says what it waits for')
  const { eta, activities_expected: expected } = waiting
  t.ok(Date.parse(String(eta)) > start, 'and when all will be there')
  // A total is told only with evidence: so far the pages fetched are too few to know how long the history is.
  if (expected === null) t.match(waiting, { eta_latest: /Z$/, eta_reason: 'history_length' })
  else t.ok(Math.abs(Number(expected) - 3_000) < 300, `${expected} activities expected of 3,000`)

  const newcomer = strava.admin.createAthlete({ activities: 30 })
  const newcomerVisit = await stack.signIn(newcomer.id)
  t.equal(
    (await newcomerVisit.get('/v1/activities/random')).status,
    200,
    'a newcomer is served beside the backlog',
  )

  // Quarter after quarter, until all is there.
  await eventually(async () => {
    await clock.jump(120_000)
    return (await veteranVisit.get('/v1/import')).body['state'] === 'complete'
  }, STEPPING)
  const { maxima, rateLimited } = strava.admin.counters()
  t.equal(rateLimited, 0, 'no 429')
  t.ok(maxima.read.fifteenMinutes <= 20, `${maxima.read.fifteenMinutes} calls in a window at most`)
})

t.test('sign up: a sign-up with no quota left', async (t) => {
  const clock = new TestClock(Date.parse('2030-03-05T10:01:00Z'))
  const limits = { read: { fifteenMinutes: 1, day: 1_000 }, overall: { fifteenMinutes: 2, day: 2_000 } }
  const stack = await startStack(t, { clock, limits })
  const first = stack.strava.admin.createAthlete({ activities: 3 })
  const second = stack.strava.admin.createAthlete({ activities: 3 })
  const served = await stack.signIn(first.id)
  t.equal((await served.get('/v1/activities/random')).status, 200, 'the one call brings activities at once')
  const { list, detail, athlete } = stack.strava.admin.counters().calls
  t.same([list, detail, athlete], [1, 0, 0], 'and it is the only one')
  const visitor = await stack.signIn(second.id)
  const me = await visitor.get('/v1/me')
  t.equal(me.status, 200, 'the account is made all the same')
  const random = await visitor.get('/v1/activities/random')
  t.equal(random.status, 404)
  t.match(random.body, { import: { state: 'queued', waiting: { reason: 'quota_15min' } } })
  const { waiting } = (await visitor.get('/v1/import')).body
  t.match(waiting, { reason: 'quota_15min', until: '2030-03-05T10:15:02.000Z' }, 'why, and until when')

  await clock.advanceTo(Date.parse('2030-03-05T10:15:03Z'))
  await eventually(async () => {
    await clock.advance(1_000)
    return (await visitor.get('/v1/activities/random')).status === 200
  }, STEPPING)
  t.equal(stack.strava.admin.counters().rateLimited, 0)
})
