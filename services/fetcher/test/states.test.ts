import { INTERNAL_SIGNALS, publish, STRAVA_EVENTS_CONSUMER, STREAMS, stravaEventSubject } from '@ikigai/bus'
import { isValid } from '@ikigai/chassis/validation'
import { WaitReasonSchema } from '@ikigai/contracts'
import { activities, fetchQueue, imports, queueByLane, wantedActivities } from '@ikigai/db'
import { readLedger } from '@ikigai/quota'
import { importStateOf, quotaStatus, stravaStateOf } from '@ikigai/status'
import { eventually } from '@ikigai/testkit'
import { and, eq, inArray, isNotNull, isNull } from 'drizzle-orm'
import t, { type Test } from 'tap'
import { startHarness } from './harness.ts'

const harness = await startHarness(t)
const { strava, db, clock, bus, passing } = harness
const { admin } = strava

t.beforeEach(() => admin.clearFaults())

/** An athlete whose import waits for its first page. */
async function newcomer(count = 3): Promise<string> {
  const id = await harness.athlete({ activities: count })
  await harness.queue({ lane: 'signup', athleteId: id })
  return id
}
const importOf = async (athleteId: string) => {
  const [row] = await db.select().from(imports).where(eq(imports.athleteId, athleteId))
  return row
}
const complete = async (athleteId: string) => (await importOf(athleteId))?.state === 'complete'
const tripped = async () => (await readLedger(db))?.breaker.tripped
/** Waits until the breaker is closed: a call is settled shortly after its answer was committed. */
const closed = () => eventually(async () => (await tripped()) === null, { what: 'the breaker is closed' })
/** No call is in flight. */
const allSettled = () => eventually(async () => (await readLedger(db))?.leases.length === 0)
const listCalls = () => admin.counters().calls.list ?? 0
const allCalls = () => admin.calls().length
/** Whether the queue is empty but for dead work. */
const idle = async () =>
  (await db.$count(fetchQueue, isNull(fetchQueue.deadAt))) +
    (await db.$count(wantedActivities, isNull(wantedActivities.deadAt))) ===
  0
const detailed = (id: string) =>
  db
    .select()
    .from(activities)
    .where(and(eq(activities.id, id), isNotNull(activities.detailAt)))

/** After this time without a call, earlier failures are not shown any more. */
const FAILURE_TTL_MS = 600_000

/** The status that clients see of an athlete's import, of Strava and of the lane `signup`. */
async function statusOf(athleteId: string) {
  const now = clock.now()
  const [ledger, loads, row] = await Promise.all([
    readLedger(db),
    queueByLane(db, new Date(now)),
    importOf(athleteId),
  ])
  if (ledger === undefined || row === undefined) throw new Error('no ledger or import')
  const reason = isValid(WaitReasonSchema, row.waitReason) ? row.waitReason : undefined
  const active = { state: 'active', erased_at: null } as const
  const { strava: found, lanes } = quotaStatus(ledger, now, loads)
  const { waiting: wait } = importStateOf(
    { ...row, waitReason: reason, isUnconfirmed: false },
    active,
    ledger,
    now,
  )
  return { state: found.state, wait, lane: lanes.find(({ lane }) => lane === 'signup') }
}

/** Resolves once no failure is reported any more. */
const reportedWell = (athleteId: string) =>
  eventually(async () => {
    const { state, wait } = await statusOf(athleteId)
    return state === 'available' && wait === null
  })

async function oneOf(athleteId: string): Promise<string> {
  const [activity] = admin.activities(athleteId)
  if (activity === undefined) throw new Error('no activity')
  return activity.id
}

/** Asserts that another athlete's import completes. */
async function othersGoOn(t: Test): Promise<void> {
  const other = await newcomer(1)
  await passing(() => complete(other))
  t.pass('other imports continue')
}

t.test('429: the breaker is open until the reset, and the job keeps its place', async (t) => {
  admin.addFault({ kind: 'error', status: 429, route: 'list', count: 1 })
  const id = await newcomer()
  await passing(tripped)
  t.match(await tripped(), { reason: 'rate_limited' })
  await passing(async () => (await importOf(id))?.waitReason === 'rate_limited')
  const job = await passing(async () => {
    const found = await harness.place('signup', id)
    return found?.leasedBy === null ? found : undefined
  })
  t.match(job, { attempts: 0, deadAt: null }, 'it is not leased and has no failure')
  const calls = listCalls()
  await passing(() => complete(id), 10_000)
  t.equal(listCalls() - calls, 2, 'its page and the end; no call while the breaker was open')
  t.match(await importOf(id), { waitReason: null })
})

t.test('403 Inactive: all lanes stop, and continue when Strava answers again', async (t) => {
  admin.configure({ applicationActive: false })
  const id = await newcomer()
  await passing(async () => (await importOf(id))?.waitReason === 'application_inactive')
  const other = await harness.athlete({ activities: 1, imported: true })
  await harness.queue({ lane: 'webhook', athleteId: other, activityId: await oneOf(other) })
  const { detail } = admin.counters().calls
  await clock.advance(30_000)
  t.equal(admin.counters().calls.detail, detail, 'only the lane `signup` calls, because an athlete waits')
  admin.configure({ applicationActive: true })
  await passing(() => complete(id), 10_000)
  const activityId = await oneOf(other)
  await passing(async () => (await detailed(activityId)).length === 1)
  await closed()
})

t.test('outage: after five failures single calls probe, and every job keeps its place', async (t) => {
  // Every call fails: a success would reset the count.
  const fault = admin.addFault({ kind: 'html', status: 502 })
  const waiting = await Promise.all(Array.from({ length: 10 }, () => newcomer(1)))
  await passing(async () => (await tripped())?.reason === 'strava_unavailable')
  // Calls in flight when the breaker opened do not count as probes.
  await allSettled()
  const calls = allCalls()
  await passing(() => allCalls() > calls, 5_000)
  t.ok(allCalls() - calls <= 2, 'a probe, not a storm')
  admin.removeFault(fault.id)
  for (const id of waiting) await passing(() => complete(id), 5_000)
  await closed()
})

t.test('outage: under a low load two calls detect it', async (t) => {
  await passing(idle)
  const fault = admin.addFault({ kind: 'html', status: 502 })
  const waiting = [await newcomer(1), await newcomer(1)]
  await passing(async () => (await tripped())?.reason === 'strava_unavailable')
  await passing(async () => ((await tripped())?.trips ?? 0) > 20, 60_000)
  t.equal(await idle(), false, 'after more than an hour neither is dead')
  admin.removeFault(fault.id)
  for (const id of waiting) await passing(() => complete(id), 5_000)
  await closed()
})

t.test('outage: two corrupt activities open the breaker only until another call succeeds', async (t) => {
  const id = await harness.athlete({ activities: 3, imported: true })
  await passing(idle)
  const [well = '', ...corrupt] = admin.activities(id).map(({ id: activityId }) => activityId)
  for (const activityId of corrupt) {
    admin.addFault({ kind: 'error', status: 500, route: 'detail', activityId })
    await harness.queue({ lane: 'webhook', athleteId: id, activityId })
  }
  const jobs = () => Promise.all(corrupt.map((activityId) => harness.wanted(id, activityId)))
  await passing(async () => (await tripped())?.reason === 'strava_unavailable')
  await passing(async () => {
    const until = (await tripped())?.until ?? 0
    return (await jobs()).some((job) => (job?.notBefore.getTime() ?? 0) > until)
  }, 0)
  t.pass('after a failed call another job probes first')

  await harness.queue({ lane: 'webhook', athleteId: id, activityId: well })
  await passing(async () => (await detailed(well)).length === 1, 5_000)
  await closed()
  await passing(async () => (await jobs()).every((job) => job?.deadAt), 60_000)
})

for (const kind of ['drop', 'truncate'] as const) {
  t.test(`network: a broken connection (${kind}) is retried`, async (t) => {
    admin.addFault({ kind, route: 'list', count: 1 })
    const id = await newcomer(2)
    await passing(() => complete(id))
    t.equal((await importOf(id))?.pages, 2)
  })
}

t.test('401: the token is exchanged once, and an ended grant blocks only its athlete', async (t) => {
  const cured = await newcomer(1)
  await passing(() => complete(cured))
  admin.expireAccessTokens(cured)
  const activityId = await oneOf(cured)
  await harness.queue({ lane: 'webhook', athleteId: cured, activityId })
  await passing(async () => (await detailed(activityId)).length === 1)
  t.pass('refreshed, and done')

  const dead = await harness.athlete({ activities: 1 })
  harness.grants.set(dead, 'needs_reauthorization')
  await harness.queue({ lane: 'signup', athleteId: dead })
  await passing(async () => (await importOf(dead))?.waitReason === 'needs_reauthorization')
  await passing(async () => (await harness.place('signup', dead)) === undefined)
  await othersGoOn(t)
})

t.test('scope: a missing scope is a state of its own', async (t) => {
  const id = await harness.athlete({ activities: 1 })
  admin.authorizeAthlete(id, ['read'])
  await harness.queue({ lane: 'signup', athleteId: id })
  await passing(async () => (await importOf(id))?.waitReason === 'scope_missing')
  await passing(async () => (await harness.place('signup', id)) === undefined)
  t.equal((await importOf(id))?.pages, 0)
})

t.test('token refresh: when Strava fails it, the job waits and Strava counts as failing', async (t) => {
  await clock.jump(FAILURE_TTL_MS)
  const id = await harness.athlete({ activities: 1 })
  harness.grants.set(id, 'unavailable')
  await harness.queue({ lane: 'signup', athleteId: id })
  await passing(async () => ((await harness.place('signup', id))?.failure ?? null) !== null, 100)
  t.match(await harness.place('signup', id), {
    attempts: 0,
    deadAt: null,
    failure: 'Strava does not renew the token',
  })
  await eventually(async () => {
    const { state, wait } = await statusOf(id)
    return state === 'degraded' && wait?.reason === 'strava_unavailable'
  })
  harness.grants.delete(id)
  await passing(() => complete(id))
  await reportedWell(id)
})

t.test('sign-in: a failure of Strava changes its state without a call of the fetcher', async (t) => {
  await clock.jump(FAILURE_TTL_MS)
  bus.nc.publish(INTERNAL_SIGNALS.stravaFailed.subject, '{}')
  await eventually(async () => {
    const ledger = await readLedger(db)
    return ledger !== undefined && stravaStateOf(ledger, clock.now()).state === 'degraded'
  })
  t.equal(await tripped(), null, 'and nothing is stopped')
})

t.test('auth down: the job waits without a failure, and Strava is not the reason', async (t) => {
  await clock.jump(FAILURE_TTL_MS)
  const id = await harness.athlete({ activities: 1 })
  harness.grants.set(id, 'unanswered')
  await harness.queue({ lane: 'signup', athleteId: id })
  await passing(async () => ((await harness.place('signup', id))?.failure ?? null) !== null, 100)
  t.match(await harness.place('signup', id), { attempts: 0, deadAt: null, failure: 'auth does not answer' })
  await eventually(async () => {
    const { state, wait } = await statusOf(id)
    return state === 'available' && wait?.reason === 'service_unavailable'
  })
  harness.grants.delete(id)
  await passing(() => complete(id))
})

t.test('ENRICH=false: details are not fetched, although the lane has capacity', async (t) => {
  const id = await newcomer(12)
  await passing(() => complete(id))
  await passing(idle)
  const details = admin.counters().calls.detail
  await harness.queue({ lane: 'enrich', athleteId: id })
  await passing(async () => (await harness.place('enrich', id)) === undefined)
  t.equal(admin.counters().calls.detail, details)
})

t.test('few failing calls: the status of Strava, lane and import agree', async (t) => {
  await clock.jump(FAILURE_TTL_MS)
  const fault = admin.addFault({ kind: 'error', status: 503, route: 'list' })
  const id = await newcomer(1)
  await passing(async () => {
    const { state, wait, lane } = await statusOf(id)
    const isFailing = wait?.reason === 'strava_unavailable' && lane?.waiting?.reason === wait.reason
    return isFailing && state === 'degraded' && (await harness.place('signup', id))?.leasedBy === null
  }, 100)
  t.match(await statusOf(id), {
    state: 'degraded',
    wait: { reason: 'strava_unavailable' },
    lane: { queued: 1, waiting: { reason: 'strava_unavailable', until: String } },
  })
  const { admin: adminUrl } = harness.fetcher.urls
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text()
  t.match(metrics, /ikigai_strava_state\{[^}]*state="degraded"[^}]*\} 1/)
  admin.removeFault(fault.id)
  await passing(() => complete(id))
  await reportedWell(id)
  t.match(await statusOf(id), { state: 'available', wait: null, lane: { queued: 0, waiting: null } })
  t.ok(
    harness.logs
      .lines()
      .some((line) => /Strava's state/.test(String(line['msg'])) && line['state'] === 'degraded'),
    'logged',
  )
})

for (const { name, begin, end } of [
  {
    name: 'the application is inactive',
    begin: () => admin.configure({ applicationActive: false }),
    end: () => admin.configure({ applicationActive: true }),
  },
  {
    name: 'an outage',
    begin: () => admin.addFault({ kind: 'html', status: 502 }),
    end: () => admin.clearFaults(),
  },
]) {
  t.test(`${name} for ten minutes: the breaker probes early for a sign-up`, async (t) => {
    begin()
    const ids = await Promise.all(Array.from({ length: 6 }, () => newcomer(1)))
    await passing(tripped)
    const [id = ''] = ids
    const before = allCalls()
    for (let minutes = 0; minutes < 10; minutes += 0.5) {
      await clock.advance(30_000)
      await eventually(async () => (await harness.place('signup', id))?.leasedBy === null)
    }
    t.ok(allCalls() - before <= 60, `${allCalls() - before} probes`)
    end()
    const ended = clock.now()
    await passing(async () => (await Promise.all(ids.map((each) => complete(each)))).every(Boolean))
    t.ok(clock.now() - ended <= 150_000, `${clock.now() - ended} ms`)
  })

  t.test(`${name}: the breaker probes early for an athlete who is watching, not for others`, async (t) => {
    const [watcher, other] = [
      await harness.athlete({ activities: 3, imported: true }),
      await harness.athlete({ activities: 3, imported: true }),
    ]
    begin()
    const failing = await Promise.all(Array.from({ length: 6 }, () => newcomer(1)))
    await passing(tripped, 100)
    await db.delete(fetchQueue).where(inArray(fetchQueue.athleteId, failing))
    await allSettled()
    end()
    await harness.queue({ lane: 'webhook', athleteId: other, activityId: await oneOf(other) })
    const { until = 0 } = (await tripped()) ?? {}
    const calls = allCalls()
    const half = clock.now() + (until - clock.now()) / 2
    await passing(() => clock.now() >= half, 500)
    t.equal(allCalls(), calls, 'no early probe: no athlete waits')
    bus.nc.publish(INTERNAL_SIGNALS.athletePresent.subject, JSON.stringify({ athlete_id: watcher }))
    await harness.queue({ lane: 'webhook', athleteId: watcher, activityId: await oneOf(watcher) })
    await passing(async () => (await tripped()) === null, 500)
    t.ok(clock.now() < until, 'before the pause was over')
    await passing(idle)
  })
}

t.test('403: repeated for one kind of call, it does not remove the job', async (t) => {
  admin.addFault({ kind: 'error', status: 403, route: 'list', body: '{"message":"Forbidden"}', count: 2 })
  const id = await newcomer(1)
  await passing(() => complete(id))
  t.equal(await tripped(), null)
})

t.test('dead letters: a corrupt activity is given up, listed and replayed, and blocks nothing', async (t) => {
  const id = await harness.athlete({ activities: 2, imported: true })
  const corrupt = await oneOf(id)
  admin.addFault({ kind: 'error', status: 500, route: 'detail', activityId: corrupt })
  const tries = () => admin.calls().filter(({ url }) => url.includes(`/activities/${corrupt}`)).length
  await harness.queue({ lane: 'webhook', athleteId: id, activityId: corrupt })
  await passing(async () => (await harness.wanted(id, corrupt))?.attempts === 3, 5_000)
  t.equal(await tripped(), null, 'its failures do not open the breaker')
  await othersGoOn(t)
  await passing(async () => (await harness.wanted(id, corrupt))?.deadAt, 60_000)
  t.match(await harness.wanted(id, corrupt), { failure: 'unavailable' })
  t.equal(tries(), 6, 'six tries')

  const jsm = await bus.nc.jetstreamManager()
  const subject = `ikigai.v1.dead.fetch.${id}`
  const letter = await eventually(() => jsm.streams.getMessage(STREAMS.dead, { last_by_subj: subject }))
  t.equal(letter.header.get('Ikigai-Reason'), 'unavailable')
  t.equal(letter.header.get('Ikigai-Subject'), `ikigai.v1.fetch.replay.${id}`)
  t.same(letter.json(), { lane: 'webhook', activity_id: corrupt })

  await passing(() => clock.now() % 3_600_000 > 1_800_000, 600_000)
  t.equal(tries(), 6, 'it is not retried by itself')
  admin.clearFaults()
  await publish(bus, {
    subject: letter.header.get('Ikigai-Subject'),
    body: letter.string(),
    messageId: 'replay',
  })
  await passing(async () => (await detailed(corrupt)).length === 1)
  await passing(async () => (await harness.wanted(id, corrupt)) === undefined)
})

t.test('404: retried a few times, then the activity is deleted', async (t) => {
  const id = await harness.athlete({ activities: 1, imported: true })
  admin.resetCounters()
  await harness.queue({ lane: 'webhook', athleteId: id, activityId: '9' })
  await passing(async () => (await harness.wanted(id, '9')) === undefined, 5_000)
  t.equal(admin.counters().calls.detail, 4)
})

t.test('event: of an unknown athlete, it is deleted from the stream', async (t) => {
  const here = await harness.athlete({ activities: 1, imported: true })
  const gone = '4711'
  const jsm = await bus.nc.jetstreamManager()
  const kept = async () => {
    const { state } = await jsm.streams.info(STREAMS.stravaEvents, { subjects_filter: '>' })
    return Object.keys(state.subjects ?? {})
  }
  const events = [gone, here].flatMap((owner) => [
    { object_type: 'activity', aspect_type: 'create', owner_id: Number(owner), object_id: 1, updates: {} },
    {
      object_type: 'athlete',
      aspect_type: 'update',
      owner_id: Number(owner),
      object_id: Number(owner),
      updates: { authorized: 'false' },
    },
  ])
  for (const event of events) {
    const subject = stravaEventSubject(event.object_type, event.aspect_type, String(event.owner_id))
    const body = JSON.stringify({ ...event, event_time: Math.floor(clock.now() / 1_000), subscription_id: 1 })
    await publish(bus, { subject, body, messageId: subject })
  }
  await passing(async () => (await kept()).every((subject) => !subject.endsWith(`.${gone}`)))
  await passing(
    async () => (await jsm.consumers.info(STREAMS.stravaEvents, STRAVA_EVENTS_CONSUMER)).num_pending === 0,
  )
  t.equal((await kept()).filter((subject) => subject.endsWith(`.${here}`)).length, 2, 'those of others do')
})
