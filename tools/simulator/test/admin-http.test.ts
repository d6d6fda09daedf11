import t from 'tap'
import { at, bearer, call, items, json, receiver, simulator, textAt } from './helper.ts'

async function admin(t: Parameters<typeof simulator>[0]) {
  const strava = await simulator(t)
  const url = (path: string) => `${strava.url}/simulator${path}`
  return {
    strava,
    get: (path: string) => call(url(path)),
    send: (path: string, body: unknown = {}, method = 'POST') => call(url(path), json(body, method)),
    bare: (path: string, method: string) => call(url(path), { method }),
  }
}

t.test('admin http: athletes and activities over HTTP', async (t) => {
  const { get, send, bare, strava } = await admin(t)
  const athlete = await send('/athletes', { id: '77', activities: 5, firstname: 'Kim' })
  t.equal(athlete.status, 201)
  t.match(athlete.body, { id: '77', firstname: 'Kim', activityCount: 5, connected: false, scopes: [] })
  t.equal((await send('/athletes', { id: '77' })).status, 409)
  t.equal(items((await get('/athletes')).body).length, 1)
  t.same((await get('/athletes/77')).body, athlete.body)
  const made = await send('/athletes/77/activities', { name: 'X', startDate: '2026-01-02T03:04:05Z' })
  t.equal(made.status, 201)
  t.match(made.body, {
    athleteId: '77',
    name: 'X',
    startDate: '2026-01-02T03:04:05Z',
    visibility: 'everyone',
  })
  const id = textAt(made.body, 'id')
  t.match((await send(`/activities/${id}`, { name: 'Y' }, 'PATCH')).body, { name: 'Y' })
  t.match((await bare(`/activities/${id}/hide`, 'POST')).body, { visibility: 'only_me' })
  t.match((await bare(`/activities/${id}/unhide`, 'POST')).body, { visibility: 'everyone' })
  t.match((await get(`/activities/${id}`)).body, { id, name: 'Y' })
  t.equal((await get(`/activities/${id}/summary`)).text, strava.admin.activityText(id, 'summary'))
  t.match((await get(`/activities/${id}/detailed`)).body, { resource_state: 3 })
  t.equal(items((await get('/athletes/77/activities')).body).length, 6)
  t.equal((await bare(`/activities/${id}`, 'DELETE')).status, 204)
  t.equal((await get(`/activities/${id}`)).status, 404)
  const tokens = await send('/athletes/77/authorize', { scopes: ['read', 'activity:read'] })
  const authorized = bearer(textAt(tokens.body, 'accessToken'))
  t.equal((await call(`${strava.apiUrl}/athlete`, authorized)).status, 200)
  const grants = await get('/grants')
  t.equal((await send('/grants', grants.body, 'PUT')).status, 204)
  t.same((await get('/grants')).body, grants.body)
  t.equal((await send('/tokens/expire', { athleteId: '77' })).status, 204)
  t.equal((await call(`${strava.apiUrl}/athlete`, authorized)).status, 401)
  t.equal((await bare('/athletes/77/deauthorize', 'POST')).status, 204)
  t.match((await get('/athletes/77')).body, { connected: false })
})

t.test('admin http: limits, usage, clock, settings over HTTP', async (t) => {
  const { get, send } = await admin(t)
  const numbers = { read: { fifteenMinutes: 1, day: 2 }, overall: { fifteenMinutes: 3, day: 4 } }
  t.same((await send('/limits', numbers, 'PUT')).body, numbers)
  t.same((await get('/limits')).body, numbers)
  t.same((await send('/usage', numbers, 'PUT')).body, numbers)
  t.same((await get('/usage')).body, numbers)
  const clock = await send('/clock', { now: '2027-03-01T00:00:00Z', frozen: true }, 'PUT')
  t.equal(at(clock.body, 'iso'), '2027-03-01T00:00:00.000Z')
  const advanced = await send('/clock/advance', { milliseconds: 900_000 })
  t.equal(at(advanced.body, 'iso'), '2027-03-01T00:15:00.000Z')
  t.same((await get('/clock')).body, advanced.body)
  t.match((await get('/usage')).body, { read: { fifteenMinutes: 0, day: 0 } })
  t.match((await send('/settings', { athleteCapacity: 9 }, 'PATCH')).body, { athleteCapacity: 9 })
  t.match((await get('/settings')).body, { athleteCapacity: 9, applicationActive: true })
})

t.test('admin http: faults, webhooks, counters and reset over HTTP', async (t) => {
  const { get, send, bare, strava } = await admin(t)
  const hook = await receiver(t)
  const fault = await send('/faults', { kind: 'error', status: 500, route: 'athlete' })
  t.equal(fault.status, 201)
  t.match((await get('/faults')).body, [{ kind: 'error', hits: 0 }])
  t.equal((await bare(`/faults/${textAt(fault.body, 'id')}`, 'DELETE')).status, 204)
  t.same((await get('/faults')).body, [])
  t.equal((await bare('/faults', 'DELETE')).status, 204)
  t.equal((await send('/webhook-faults', { kind: 'doubled', count: 1 })).status, 201)
  t.equal(items((await get('/webhook-faults')).body).length, 1)
  t.equal((await get('/subscription')).text, 'null')
  t.match((await send('/subscription', { callbackUrl: hook.url, id: 5 }, 'PUT')).body, { id: 5 })
  const event = { objectType: 'activity', aspectType: 'create', objectId: '1', ownerId: '2' }
  t.equal((await send('/events', event)).status, 202)
  t.equal((await bare('/idle', 'POST')).status, 204)
  t.equal(hook.events().length, 2)
  t.match((await get('/deliveries')).body, [{ outcome: 'delivered' }, { outcome: 'delivered' }])
  t.equal((await bare('/webhook-faults', 'DELETE')).status, 204)
  t.equal((await bare('/subscription', 'DELETE')).status, 204)
  t.equal((await get('/subscription')).text, 'null')
  await call(`${strava.apiUrl}/athlete`)
  t.match((await get('/counters')).body, { total: 1, calls: { athlete: 1 } }, 'the admin is not counted')
  t.match((await get('/calls')).body, [{ kind: 'athlete', status: 401 }])
  t.equal((await bare('/counters', 'DELETE')).status, 204)
  t.match((await get('/counters')).body, { total: 0 })
  await send('/athletes')
  t.equal((await bare('/reset', 'POST')).status, 204)
  t.same((await get('/athletes')).body, [])
  t.match((await call(`${strava.url}/healthz`)).body, { status: 'ok' })
})

t.test('admin http: what the admin does not understand is a problem', async (t) => {
  const { get, send } = await admin(t)
  for (const [path, body, status] of [
    ['/athletes', { activities: -1 }, 400],
    ['/athletes', { activites: 5 }, 400],
    ['/athletes', { until: 'whenever' }, 400],
    ['/athletes/1/activities', {}, 404],
    ['/faults', { kind: 'meteor' }, 400],
    ['/events', { objectType: 'activity' }, 400],
    ['/nothing', {}, 404],
  ] as const) {
    const answer = await send(path, body)
    t.equal(answer.status, status, path)
    t.match(answer.headers.get('content-type'), 'application/problem+json')
    t.match(answer.body, { status, title: String, detail: String })
  }
  t.equal((await get('/athletes/abc')).status, 400)
})
