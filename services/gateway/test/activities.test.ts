import { ActivityPageSchema, ActivitySchema, closed, ImportStatusSchema } from '@ikigai/contracts'
import { imports, resyncs } from '@ikigai/db'
import t from 'tap'
import { Compile } from 'typebox/compile'
import { bearer, startHarness } from './harness.ts'
import { addActivities, addAthlete, addImport, DAY_MS, idsOf, NOW, series } from './seed.ts'

const ME = '42'
const harness = await startHarness(t)
const { app } = await harness.gateway()
const { token } = await harness.signIn(ME)
const headers = bearer(token)

t.beforeEach(async () => {
  await harness.db.execute('truncate athletes cascade')
  await addAthlete(harness.db, ME)
})

const get = (url: string) => app.inject({ url, headers })
const page = Compile(closed(ActivityPageSchema))

t.test('list: returns a page of activities', async (t) => {
  await addActivities(harness.db, ME, series(3))
  const response = await get('/v1/activities')
  t.equal(response.statusCode, 200)
  t.match(response.headers, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'private, no-store',
  })
  const body: unknown = response.json()
  t.ok(page.Check(body), 'as the contract says')
  t.match(body, { data: [{ id: '1' }, { id: '2' }, { id: '3' }], next_cursor: null })
})

t.test('list: continues by cursor, 50 activities a page by default', async (t) => {
  await addActivities(harness.db, ME, series(120))
  t.equal(page.Parse((await get('/v1/activities')).json()).data.length, 50)
  const walked: string[] = []
  let query = '?limit=48'
  while (query !== '') {
    const body = page.Parse((await get(`/v1/activities${query}`)).json())
    walked.push(...idsOf(body.data))
    query = body.next_cursor === null ? '' : `?limit=48&cursor=${body.next_cursor}`
  }
  t.strictSame(walked, idsOf(series(120)))
})

t.test('list: applies filters', async (t) => {
  await addActivities(harness.db, ME, [
    { id: '1', distanceMeters: 5_000 },
    { id: '2', distanceMeters: 12_000, sportType: 'Ride' },
    { id: '3', distanceMeters: 42_195, startAt: new Date('2026-01-01T00:00:00Z') },
  ])
  const cases: Readonly<Record<string, readonly string[]>> = {
    'sport_type=Ride': ['2'],
    'min_distance=12000': ['2', '3'],
    'max_distance=12000': ['2', '1'],
    'min_distance=5000.5&max_distance=2e4': ['2'],
    'before=2026-01-01T01:00:00%2B01:00': ['3'],
    'after=2026-01-01T00:00:01Z&sport_type=Run': ['1'],
    'sport_type=Swim': [],
  }
  for (const [query, ids] of Object.entries(cases)) {
    t.same(idsOf(page.Parse((await get(`/v1/activities?${query}`)).json()).data), ids, query)
    const random = await get(`/v1/activities/random?${query}`)
    if (ids.length === 0) t.match(random.json(), { type: '/problems/no-activity-matches', status: 404 })
    else t.ok(ids.includes(random.json().id), query)
  }
})

t.test('list: with `fields`, returns only those, page by page', async (t) => {
  await addActivities(harness.db, ME, [
    ...series(2),
    { id: '3', summaryPolyline: 'abc', startAt: new Date('2020-01-01T00:00:00Z') },
  ])
  const first = await get('/v1/activities?limit=2&fields=name,id,name')
  t.same(first.json().data.map(Object.keys), [
    ['id', 'name'],
    ['id', 'name'],
  ])
  const { next_cursor: cursor } = first.json()
  t.strictSame((await get(`/v1/activities?limit=2&fields=id&cursor=${cursor}`)).json().data, [{ id: '3' }])
  // Repeated, because later answers come from the cache, which must separate the lists.
  for (let turn = 0; turn < 5; turn += 1) {
    t.equal((await get('/v1/activities?fields=summary_polyline')).json().data[2].summary_polyline, 'abc')
    t.strictSame((await get('/v1/activities?fields=has_detail&limit=1')).json().data, [{ has_detail: false }])
    t.ok(page.Check((await get('/v1/activities')).json()), 'without it all of them')
  }
})

t.test('list: names an unknown field in the problem', async (t) => {
  const response = await get('/v1/activities?fields=id,nmae')
  t.equal(response.statusCode, 400)
  t.match(response.json(), {
    type: '/problems/bad-request',
    errors: [{ pointer: '/querystring/fields', detail: "An activity has no field 'nmae'." }],
  })
})

t.test('list: rejects invalid queries', async (t) => {
  const queries = [
    'limit=0',
    'limit=201',
    'limit=ten',
    'limit=',
    'limit=1&limit=2',
    'cursor=',
    `cursor=${'x'.repeat(201)}`,
    'sport_type=',
    'sport_type=Run&sport_type=Ride',
    'sport_type[]=Run',
    'sport_type[a]=Run',
    'sport_type=Run%00',
    'sport_type=%FF',
    `sport_type=${'x'.repeat(65)}`,
    'after=yesterday',
    'after=2026-01-01',
    'after=2026-01-01T00:00:00+02:00',
    'after=2026-13-01T00:00:00Z',
    'before=0000-01-01T00:00:00Z',
    'min_distance=-1',
    'min_distance=NaN',
    'max_distance=Infinity',
    'max_distance=1&max_distance=2',
    'fields=',
    'fields=id,',
    'fields=detail',
    'fields=constructor',
    'fields=id&fields=name',
    `fields=${'x'.repeat(401)}`,
    'athlete_id=43',
    '__proto__=1',
    'constructor=1',
  ]
  await addActivities(harness.db, ME, series(1))
  for (const query of queries) {
    const response = await get(`/v1/activities?${query}`)
    t.equal(response.statusCode, 400, query)
    t.match(response.headers['content-type'], /^application\/problem\+json/)
    t.match(
      response.json(),
      { type: '/problems/bad-request', errors: [{ pointer: /^\/querystring/ }] },
      query,
    )
  }
})

t.test('list: an invalid cursor has its own problem type', async (t) => {
  const response = await get('/v1/activities?cursor=bm90IG91cnM')
  t.equal(response.statusCode, 400)
  t.match(response.json(), { type: '/problems/invalid-cursor', errors: [{ pointer: '/querystring/cursor' }] })
})

t.test('activity: returned with its detail, to the last digit', async (t) => {
  const detail =
    '{"id":9007199254740993,"segment_efforts":[{"id":3271234567890123457}],"name":"\\u00e9 </script>"}'
  await addActivities(harness.db, ME, [
    { id: '9007199254740993', detail, detailAt: new Date(NOW) },
    { id: '7' },
  ])
  const response = await get('/v1/activities/9007199254740993')
  t.equal(response.statusCode, 200)
  t.equal(response.headers['content-type'], 'application/json; charset=utf-8')
  t.equal(response.headers['x-content-type-options'], 'nosniff')
  t.match(response.body, '3271234567890123457')
  t.match(response.body, /"detail":\{.*"id": ?9007199254740993[,}]/)
  const { detail: _, ...activity } = response.json()
  t.ok(Compile(closed(ActivitySchema)).Check(activity))
  t.equal(activity.has_detail, true)
  t.match((await get('/v1/activities/7')).json(), { id: '7', has_detail: false, detail: null })
})

t.test('activity: 404 if the athlete has none with this id', async (t) => {
  await addAthlete(harness.db, '43')
  await addActivities(harness.db, '43', [{ id: '8' }])
  await addActivities(harness.db, ME, [
    { id: '1', hiddenAt: new Date(NOW) },
    { id: '2', confirmedAt: new Date(NOW - 8 * DAY_MS) },
  ])
  const answers = new Set<string>()
  for (const id of ['1', '2', '3', '8', '9223372036854775807', '9223372036854775808']) {
    const response = await get(`/v1/activities/${id}`)
    t.equal(response.statusCode, 404, id)
    answers.add(response.body)
  }
  t.equal(answers.size, 1, "another athlete's looks like none at all")
  t.match([...answers][0], 'no-such-activity')
})

t.test('activity: rejects invalid ids', async (t) => {
  const ids = [
    'abc',
    '0',
    '-1',
    '1.0',
    '01',
    '1e3',
    '%31%00',
    '%00',
    "1'--",
    '1%2F2',
    '１',
    '10000000000000000000',
  ]
  for (const id of ids) t.equal((await get(`/v1/activities/${encodeURI(id)}`)).statusCode, 400, id)
  t.equal((await get(`/v1/activities/${'9'.repeat(600)}`)).statusCode, 414)
  t.equal((await get('/v1/activities/%E0%A4%A')).statusCode, 400, 'no UTF-8')
  t.equal((await get('/v1/activities/%zz')).statusCode, 400, 'no encoding')
})

t.test('random: returns the same document as by id', async (t) => {
  await addActivities(harness.db, ME, [
    { id: '5', detail: '{"x":12345678901234567890}', detailAt: new Date(NOW) },
  ])
  const random = await get('/v1/activities/random')
  t.equal(random.statusCode, 200)
  t.equal(random.body, (await get('/v1/activities/5')).body)
})

t.test('random: 404 with the import while there are no activities', async (t) => {
  const waitUntil = new Date(NOW + 60_000)
  await addImport(harness.db, ME, { state: 'queued', waitReason: 'strava_unavailable', waitUntil })
  await addActivities(harness.db, ME, [{ id: '1', hiddenAt: new Date(NOW) }])
  const response = await get('/v1/activities/random')
  t.equal(response.statusCode, 404)
  t.equal(response.headers['cache-control'], 'private, no-store')
  const body = response.json()
  t.match(body, { type: '/problems/no-activity-yet', status: 404, import: { activities_stored: 0 } })
  t.ok(Compile(closed(ImportStatusSchema)).Check(body.import))
  t.match(body.import.waiting, { reason: 'strava_unavailable', until: waitUntil.toISOString() })
  t.match((await get('/v1/activities/random?sport_type=Run')).json(), { type: '/problems/no-activity-yet' })
  t.equal(body.detail, body.import.waiting.detail)
  await harness.db.update(imports).set({ state: 'complete', completedAt: new Date(NOW) })
  for (const query of ['', '?cursor=', '?sport_type=Run'])
    t.match((await get(`/v1/activities/random${query}`)).json(), {
      type: '/problems/no-activity-yet',
      detail: 'There are no activities yet.',
      import: { state: 'complete' },
    })
})

t.test('random: 404 with the reason if Strava has not confirmed the activities in time', async (t) => {
  const longAgo = new Date(NOW - 8 * DAY_MS)
  await addImport(harness.db, ME, { state: 'complete', completedAt: longAgo })
  await addActivities(harness.db, ME, [{ id: '1', confirmedAt: longAgo }])
  const { detail, import: status } = (await get('/v1/activities/random')).json()
  t.match(status, {
    state: 'complete',
    activities_stored: 0,
    waiting: { reason: 'unconfirmed', until: null },
  })
  t.match(detail, /Strava has not confirmed/)
  const resynced = { generation: 1, startedAt: new Date(NOW), updatedAt: new Date(NOW), dueAt: new Date(NOW) }
  await harness.db.insert(resyncs).values({ athleteId: ME, ...resynced, completeAt: new Date(NOW - DAY_MS) })
  t.equal((await get('/v1/activities/random')).json().detail, 'There are no activities yet.')
})

t.test('session: of an erased athlete, answered 401', async (t) => {
  await harness.db.execute('truncate athletes cascade')
  for (const url of ['/v1/me', '/v1/import', '/v1/activities/random'])
    t.equal((await get(url)).statusCode, 401, url)
})
