import { equal } from 'node:assert/strict'
import { type Bus, connectBus, RequestError, request } from '@ikigai/bus'
import { API, API_SUBJECTS, ApiErrorSchema, closed, ImportStatusSchema } from '@ikigai/contracts'
import t from 'tap'
import { Compile } from 'typebox/compile'
import { startHarness } from './harness.ts'
import { addActivities, addAthlete, addImport, idsOf, NOW, series } from './seed.ts'

const ME = '42'
const harness = await startHarness(t)
await harness.gateway()
await harness.gateway()
const bus: Bus = await connectBus({ servers: [harness.natsUrl], name: 'other-team', logger: harness.logger })
t.teardown(() => bus.close())
const apiError = Compile(closed(ApiErrorSchema))

t.beforeEach(async () => {
  await harness.db.execute('truncate athletes cascade')
  await addAthlete(harness.db, ME)
})

/** A second is the client's default, which a busy machine may need. */
const PATIENT = { timeout: 20_000 }

/** The error of a rejected request, from its body and headers. */
async function refusal(subject: string, payload: string | Uint8Array) {
  const reply = await bus.nc.request(subject, payload, PATIENT)
  const { error } = apiError.Parse(reply.json())
  equal(reply.headers?.get('Nats-Service-Error'), error.message)
  return { ...error, status: reply.headers?.get('Nats-Service-Error-Code') }
}

const refusalOf = (subject: string, request: unknown) => refusal(subject, JSON.stringify(request))

t.test('activities over NATS: random, one by id, and a list', async (t) => {
  await addActivities(harness.db, ME, series(3))
  const { activity } = await request(bus, API.activityRandom, { athlete_id: ME, min_distance: 1 })
  t.ok(['1', '2', '3'].includes(activity.id))
  t.equal((await request(bus, API.activityGet, { athlete_id: ME, id: '2' })).activity.name, 'Activity 2')
  const first = await request(bus, API.activityList, { athlete_id: ME, limit: 2 })
  t.strictSame(idsOf(first.data), ['1', '2'])
  const cursor = first.next_cursor ?? ''
  const second = await request(bus, API.activityList, { athlete_id: ME, limit: 2, cursor })
  t.strictSame(idsOf(second.data), ['3'])
  t.equal(second.next_cursor, null)
  t.equal((await request(bus, API.activityList, { athlete_id: ME })).data.length, 3)
  t.strictSame(await request(bus, API.activityList, { athlete_id: ME, sport_type: 'Swim' }), {
    data: [],
    next_cursor: null,
  })
})

t.test('athlete, import and quota over NATS: return the same as HTTP', async (t) => {
  await addImport(harness.db, ME, { pages: 3 })
  t.match(await request(bus, API.athleteGet, { athlete_id: ME }), { athlete: { id: ME, grant: 'active' } })
  t.match(await request(bus, API.importGet, { athlete_id: ME }), {
    import: { state: 'running', pages_fetched: 3 },
  })
  t.equal((await request(bus, API.quotaGet, {})).quota.windows.length, 4)
  t.ok((await bus.nc.request(API_SUBJECTS.quotaGet, undefined, PATIENT)).json(), 'nothing is as good as {}')
})

t.test('random over NATS: without activities the error contains the import', async (t) => {
  await addImport(harness.db, ME, { waitReason: 'rate_limited', waitUntil: new Date(NOW + 1_000) })
  const error = await refusalOf(API_SUBJECTS.activityRandom, { athlete_id: ME })
  t.match(error, { status: '404', code: 'no_activity_yet', import: { waiting: { reason: 'rate_limited' } } })
  t.ok(Compile(closed(ImportStatusSchema)).Check(error.import))
})

t.test('requests over NATS: answer not_found for unknown athletes and activities', async (t) => {
  await addAthlete(harness.db, '43')
  await addActivities(harness.db, '43', [{ id: '9' }])
  await addActivities(harness.db, ME, [{ id: '1' }])
  const huge = '9223372036854775808'
  const cases: readonly (readonly [string, unknown])[] = [
    [API_SUBJECTS.activityRandom, { athlete_id: ME, sport_type: 'Swim' }],
    [API_SUBJECTS.activityGet, { athlete_id: ME, id: '9' }],
    [API_SUBJECTS.activityGet, { athlete_id: ME, id: huge }],
    [API_SUBJECTS.activityRandom, { athlete_id: '7' }],
    [API_SUBJECTS.activityList, { athlete_id: '7' }],
    [API_SUBJECTS.athleteGet, { athlete_id: '7' }],
    [API_SUBJECTS.importGet, { athlete_id: '7' }],
    [API_SUBJECTS.activityRandom, { athlete_id: huge }],
    [API_SUBJECTS.activityList, { athlete_id: huge }],
    [API_SUBJECTS.athleteGet, { athlete_id: huge }],
    [API_SUBJECTS.importGet, { athlete_id: huge }],
  ]
  for (const [subject, request] of cases)
    t.match(await refusalOf(subject, request), { status: '404', code: 'not_found' }, JSON.stringify(request))
})

t.test('requests over NATS: invalid ones are answered bad_request with faults', async (t) => {
  for (const bytes of ['not json', '{"athlete_id":', '\0', new Uint8Array([0xff, 0xfe])])
    t.match(await refusal(API_SUBJECTS.activityRandom, bytes), { status: '400', code: 'bad_request' })
  const wrong: readonly unknown[] = [
    null,
    [],
    'text',
    {},
    { athlete_id: 42 },
    { athlete_id: '-1' },
    { athlete_id: "42'; --" },
    { athlete_id: ME, sport_type: 'Run\0' },
    { athlete_id: ME, after: 'yesterday' },
    { athlete_id: ME, min_distance: '5' },
    { athlete_id: ME, other: true },
  ]
  for (const request of wrong) {
    const error = await refusalOf(API_SUBJECTS.activityRandom, request)
    t.match(error, { status: '400', code: 'bad_request' }, JSON.stringify(request))
    t.ok(error.faults?.length)
  }
  t.match(await refusalOf(API_SUBJECTS.activityList, { athlete_id: ME, limit: 201 }), { code: 'bad_request' })
  t.match(await refusalOf(API_SUBJECTS.activityList, { athlete_id: ME, cursor: 'x' }), {
    code: 'bad_request',
    faults: [{ pointer: '/cursor' }],
  })
  t.match(await refusalOf(API_SUBJECTS.activityRandom, { athlete_id: ME, after: '2026-02-40T00:00:00Z' }), {
    faults: [{ pointer: '/after' }],
  })
})

t.test('requests over NATS: internal errors reveal no details', async (t) => {
  await harness.db.execute('alter table athletes rename to away')
  const error = await refusalOf(API_SUBJECTS.athleteGet, { athlete_id: ME })
  await harness.db.execute('alter table away rename to athletes')
  t.match(error, { status: '500', code: 'internal' })
  t.notMatch(error.message, /athletes|select/)
  await t.rejects(
    request(bus, { ...API.athleteGet, subject: 'ikigai.v1.api.nobody' }, { athlete_id: ME }),
    RequestError,
  )
})

t.test('NATS services: both gateways are discovered', async (t) => {
  const client = bus.nc.services.client()
  const instances = []
  for await (const { name, version, id } of await client.ping('ikigai-api'))
    instances.push({ name, version, id })
  t.equal(instances.length, 2)
  t.match(instances[0], { name: 'ikigai-api', version: /^\d+\.\d+\.\d+$/ })
  for await (const { endpoints } of await client.info('ikigai-api', instances[0]?.id))
    t.strictSame(
      endpoints?.map(({ subject }) => subject).sort(),
      Object.values(API_SUBJECTS).sort(),
      'all that the contract names',
    )
  const ping = await bus.nc.request('$SRV.PING.ikigai-api', undefined, PATIENT)
  t.match(ping.json(), { type: 'io.nats.micro.v1.ping_response', name: 'ikigai-api' })
})
