import t from 'tap'
import type { Scope, Simulator } from '../src/index.ts'
import { type Answer, at, bearer, call, fixture, form, items, simulator, textAt } from './helper.ts'

async function connected(t: Parameters<typeof simulator>[0], activities: number, scopes?: Scope[]) {
  const strava = await simulator(t)
  const athlete = strava.admin.createAthlete({ activities, privateShare: 0.2, sharedStartSeconds: 3 })
  const { accessToken } = strava.admin.authorizeAthlete(athlete.id, scopes)
  const list = (query: string) => call(`${strava.apiUrl}/athlete/activities?${query}`, bearer(accessToken))
  const detail = (id: string) => call(`${strava.apiUrl}/activities/${id}`, bearer(accessToken))
  return { strava, athlete, accessToken, list, detail }
}

function ids(answer: Answer): string[] {
  return items(answer.body).map((item) => textAt(item, 'id'))
}

function starts(answer: Answer): number[] {
  return items(answer.body).map((item) => Date.parse(textAt(item, 'start_date')) / 1000)
}

function expectedIds(strava: Simulator, athleteId: string): string[] {
  return strava.admin.activities(athleteId).map(({ id }) => id)
}

t.test('pages: 30 by default, 200 at most, newest first, an empty array at the end', async (t) => {
  const { strava, athlete, list } = await connected(t, 450)
  const all = expectedIds(strava, athlete.id)
  t.same(ids(await list('')), all.slice(0, 30))
  t.same(ids(await list('per_page=200&page=1')), all.slice(0, 200))
  t.same(ids(await list('per_page=500&page=3')), all.slice(400), 'more than 200 are never given')
  const end = await list('per_page=200&page=4')
  t.equal(end.text, '[]')
  const times = starts(await list('per_page=200'))
  t.same(
    times,
    [...times].sort((left, right) => right - left),
  )
  t.equal(new Set(all).size, 450)
})

t.test('activities: before and after bound the start time', async (t) => {
  const { strava, athlete, list } = await connected(t, 100)
  const all = strava.admin.activities(athlete.id)
  const middle = Date.parse(all[50]?.startDate ?? '') / 1000
  const older = starts(await list(`before=${middle}&per_page=200`))
  t.ok(older.every((start) => start < middle))
  const newer = starts(await list(`after=${middle}&per_page=200`))
  t.ok(newer.every((start) => start > middle))
  t.same(
    newer,
    [...newer].sort((left, right) => left - right),
    'after alone: oldest first',
  )
  const both = starts(await list(`after=${middle}&before=${middle + 90 * 86_400}&per_page=200`))
  t.same(
    both,
    [...both].sort((left, right) => right - left),
    'after and before: newest first',
  )
  t.equal(
    older.length + newer.length,
    all.filter(({ startDate }) => Date.parse(startDate) / 1000 !== middle).length,
  )
})

t.test('activities: bad parameters', async (t) => {
  const { list, strava } = await connected(t, 1)
  const future = await list(`after=${strava.admin.now()}`)
  t.equal(future.status, 400)
  t.same(future.body, at(fixture('errors/400-after-in-future'), 'body'))
  t.equal((await list('before=yesterday')).status, 400)
})

t.test('lists: a walk by before=<oldest start + 1> finds all, including two of one second', async (t) => {
  const { strava, athlete, list } = await connected(t, 437)
  const found = new Set<string>()
  let before = Math.floor(strava.admin.now() / 1000)
  for (;;) {
    const page = await list(`before=${before}&per_page=200`)
    const fresh = ids(page).filter((id) => !found.has(id))
    if (fresh.length === 0) break
    for (const id of fresh) found.add(id)
    before = Math.min(...starts(page)) + 1
  }
  t.same(found, new Set(expectedIds(strava, athlete.id)))
  const times = strava.admin.activities(athlete.id).map(({ startDate }) => startDate)
  t.equal(times.length - new Set(times).size, 3)
})

t.test('activities: ids are not in the order of dates, and JavaScript holds them exactly', async (t) => {
  const { strava, athlete } = await connected(t, 1000)
  const all = expectedIds(strava, athlete.id).map(Number)
  t.ok(all.every(Number.isSafeInteger))
  t.ok(
    all.some((id, index) => id < (all[index + 1] ?? 0)),
    'late uploads',
  )
})

t.test('activities: Only You needs activity:read_all', async (t) => {
  const { strava, athlete, list, detail } = await connected(t, 100, ['read', 'activity:read'])
  const all = strava.admin.activities(athlete.id)
  const visible = all.filter(({ visibility }) => visibility !== 'only_me')
  t.ok(visible.length < all.length)
  t.same(
    ids(await list('per_page=200')),
    visible.map(({ id }) => id),
  )
  const hidden = all.find(({ visibility }) => visibility === 'only_me')?.id ?? ''
  t.equal((await detail(hidden)).status, 404)
  strava.admin.authorizeAthlete(athlete.id, ['read', 'activity:read_all'])
  const { accessToken = '' } = strava.admin.tokens(athlete.id) ?? {}
  const answer = await call(`${strava.apiUrl}/activities/${hidden}`, bearer(accessToken))
  t.equal(answer.status, 200)
  t.match(answer.body, { private: true, visibility: 'only_me' })
})

t.test('without a scope for activities: 401 that names it', async (t) => {
  const { list, detail } = await connected(t, 1, ['read'])
  for (const answer of [await list(''), await detail('1')]) {
    t.equal(answer.status, 401)
    t.same(answer.body, at(fixture('errors/401-read_permission-missing'), 'body'))
  }
})

t.test('activities: 401, 404 and the odd 403', async (t) => {
  const { strava, detail, accessToken } = await connected(t, 1)
  const unauthorized = await call(`${strava.apiUrl}/athlete`, bearer('nonsense'))
  t.equal(unauthorized.status, 401)
  t.same(unauthorized.body, at(fixture('errors/401-application-invalid-2026'), 'body'))
  t.equal(unauthorized.headers.get('x-ratelimit-usage'), null)
  const missing = await detail('1')
  t.equal(missing.status, 404)
  t.match(missing.body, { message: 'Resource Not Found', errors: [{ resource: 'Activity', field: '' }] })
  t.same(
    Object.keys(Object(at(missing.body, 'errors', 0))),
    Object.keys(Object(at(fixture('errors/404-activity-not-found-2026'), 'body', 'errors', 0))),
  )
  t.ok(missing.headers.get('x-ratelimit-usage'), 'it counts')
  const other = strava.admin.createActivity(strava.admin.createAthlete().id)
  t.equal((await detail(other.id)).status, 404, "another athlete's")
  const unknown = await call(`${strava.apiUrl}/activities/3339/dddd`, bearer(accessToken))
  t.equal(unknown.status, 404)
  t.same(unknown.body, at(fixture('errors/404-path-invalid-2026'), 'body'))
  t.equal(unknown.headers.get('x-ratelimit-usage'), null)
  strava.admin.configure({ applicationActive: false })
  const inactive = await call(`${strava.apiUrl}/athlete`, bearer(accessToken))
  t.equal(inactive.status, 403)
  t.same(inactive.body, at(fixture('errors/403-application-inactive-2026'), 'body'))
})

t.test('the athlete: a summary, or detailed with profile:read_all', async (t) => {
  const { strava, athlete, accessToken } = await connected(t, 0)
  const summary = await call(`${strava.apiUrl}/athlete`, bearer(accessToken))
  t.same(Object.keys(Object(summary.body)), Object.keys(Object(fixture('athletes/athlete-summary'))))
  t.equal(textAt(summary.body, 'id'), athlete.id)
  const wider = strava.admin.authorizeAthlete(athlete.id, ['read', 'profile:read_all'])
  const detailed = await call(`${strava.apiUrl}/athlete`, bearer(wider.accessToken))
  t.same(
    Object.keys(Object(detailed.body)).sort(),
    Object.keys(Object(fixture('athletes/athlete-detailed'))).sort(),
  )
})

t.test(
  'limits: POST /activities is the one call that is not a read, and its read usage header is wrong',
  async (t) => {
    const { strava, athlete, accessToken } = await connected(t, 0, ['read', 'activity:write'])
    const fields = {
      name: 'By hand',
      sport_type: 'Run',
      start_date_local: '2026-11-20T19:04:26Z',
      elapsed_time: '1234',
      distance: '1000',
    }
    const post = (body: Record<string, string>) =>
      call(`${strava.apiUrl}/activities`, form(body, { authorization: `Bearer ${accessToken}` }))
    const created = await post(fields)
    t.equal(created.status, 201)
    t.match(created.body, {
      name: 'By hand',
      manual: true,
      distance: 1000,
      elapsed_time: 1234,
      resource_state: 3,
    })
    const recorded = at(fixture('headers/post-activity-readratelimit-comma'), 'headers')
    t.equal(created.headers.get('x-readratelimit-usage'), at(recorded, 'x-readratelimit-usage'))
    t.equal(created.headers.get('x-ratelimit-usage'), '1,1')
    t.same(strava.admin.usage().read, { fifteenMinutes: 0, day: 0 })
    t.equal(strava.admin.athlete(athlete.id).activityCount, 1)
    const { name: _name, ...unnamed } = fields
    t.equal((await post(unnamed)).status, 400)
    t.equal((await post({ ...fields, start_date_local: 'x' })).status, 400)
    t.equal((await post({ ...fields, distance: '-1' })).status, 400)
  },
)

t.test('lists: some are short, repeated or empty though there is more, never two in a row', async (t) => {
  const { strava, athlete, list } = await connected(t, 450)
  const all = expectedIds(strava, athlete.id)
  const asked = async (times: number) => {
    const answers: string[][] = []
    for (let time = 0; time < times; time += 1) answers.push(ids(await list('per_page=200')))
    return answers
  }
  strava.admin.configure({ listHoles: 1 })
  t.same(
    (await asked(4)).map(({ length }) => length),
    [0, 200, 0, 200],
  )
  strava.admin.configure({ listHoles: 0, listShortPages: 1 })
  for (const [time, page] of (await asked(4)).entries()) {
    if (time % 2 === 0) t.ok(page.length < 200 && page.length >= 180)
    t.same(page, all.slice(0, page.length))
  }
  strava.admin.configure({ listShortPages: 0, listRepeats: 1 })
  t.same(ids(await list('per_page=200&page=2')), all.slice(0, 200), 'the page before it')
  t.same(ids(await list('per_page=200&page=2')), all.slice(200, 400))
  t.same(ids(await list('per_page=200')), all.slice(0, 200), 'but not a later one')
})

t.test('activities: an activity goes over to another athlete, and keeps its id', async (t) => {
  const { strava, athlete, detail } = await connected(t, 5)
  const other = strava.admin.createAthlete()
  const [moved] = expectedIds(strava, athlete.id)
  const id = moved ?? ''
  t.equal(strava.admin.moveActivity(id, other.id).athleteId, other.id)
  t.equal(strava.admin.athlete(athlete.id).activityCount, 4)
  t.same(expectedIds(strava, other.id), [id])
  t.equal((await detail(id)).status, 404)
  const { accessToken } = strava.admin.authorizeAthlete(other.id)
  const { text } = await call(`${strava.apiUrl}/activities/${id}`, bearer(accessToken))
  t.match(text, new RegExp(`"athlete":\\s*\\{[^}]*"id":\\s*${other.id}`))
})
