import { eventually } from '@ikigai/testkit'
import t from 'tap'
import type { Fault } from '../src/index.ts'
import { at, bearer, call, fixture, form, simulator } from './helper.ts'

async function faulty(t: Parameters<typeof simulator>[0], ...faults: Fault[]) {
  const strava = await simulator(t)
  const { id } = strava.admin.createAthlete({ activities: 3 })
  const tokens = strava.admin.authorizeAthlete(id)
  for (const fault of faults) strava.admin.addFault(fault)
  const get = (path: string) => call(`${strava.apiUrl}${path}`, bearer(tokens.accessToken))
  return { strava, athleteId: id, tokens, get }
}

t.test('faults: errors by route and count, with the bodies that Strava has', async (t) => {
  const { strava, get } = await faulty(
    t,
    { kind: 'error', status: 429, route: 'list', count: 1 },
    { kind: 'error', status: 403, route: 'athlete', count: 1 },
    { kind: 'error', status: 500, route: ['list', 'detail'], count: 2 },
  )
  const limited = await get('/athlete/activities')
  t.equal(limited.status, 429)
  t.same(limited.body, at(fixture('errors/429-rate-limit-exceeded-real-log-2018'), 'body'))
  const inactive = await get('/athlete')
  t.same(inactive.body, at(fixture('errors/403-application-inactive-2026'), 'body'))
  t.equal((await get('/athlete')).status, 200, 'used up')
  const broken = await get('/activities/1')
  t.equal(broken.status, 500)
  t.same(broken.body, at(fixture('errors/500-corrupt-activity'), 'body'))
  t.equal((await get('/athlete/activities')).status, 200)
  t.same(strava.admin.faults(), [])
  t.equal(strava.admin.counters().rateLimited, 1)
  t.equal(strava.admin.counters().windows[0]?.rateLimited, 0, 'an injected 429 is no violation')
})

t.test('faults: one activity that is corrupt for ever, one athlete that is slow to appear', async (t) => {
  const { strava, athleteId, get } = await faulty(t)
  const [first, second] = strava.admin.activities(athleteId)
  strava.admin.addFault({ kind: 'error', status: 500, activityId: first?.id ?? '' })
  strava.admin.addFault({ kind: 'error', status: 404, route: 'detail', athleteId, skip: 1, count: 1 })
  t.equal((await get(`/activities/${first?.id}`)).status, 500)
  t.equal((await get(`/activities/${first?.id}`)).status, 500)
  t.equal((await get(`/activities/${second?.id}`)).status, 200)
})

t.test('faults: any status and body', async (t) => {
  const body = { message: 'x', errors: 'Rate Limit Exceeded' }
  const { get } = await faulty(
    t,
    { kind: 'error', status: 597, body, count: 1 },
    { kind: 'error', status: 503 },
  )
  const odd = await get('/athlete')
  t.equal(odd.status, 597)
  t.same(odd.body, body)
  t.equal(at((await get('/athlete')).body, 'message'), 'Service Unavailable')
})

t.test('faults: HTML instead of JSON, uncounted', async (t) => {
  const { strava, get } = await faulty(t, { kind: 'html', count: 1 }, { kind: 'html', status: 200, count: 1 })
  const page = await get('/athlete')
  t.equal(page.status, 503)
  t.match(page.headers.get('content-type'), 'text/html')
  t.match(page.text, '<!DOCTYPE html>')
  t.equal(page.headers.get('x-ratelimit-usage'), null)
  t.equal(strava.admin.usage().overall.day, 0)
})

t.test('faults: a slow answer comes in the end', async (t) => {
  const { strava, get, tokens } = await faulty(t, { kind: 'slow', latencyMs: 60_000, count: 1 })
  const patience = new AbortController()
  const answer = fetch(`${strava.apiUrl}/athlete`, { ...bearer(tokens.accessToken), signal: patience.signal })
  const refused = t.rejects(answer)
  const call = await eventually(() => strava.admin.calls()[0])
  t.equal(call.status, null, 'still under way')
  patience.abort()
  await refused
  strava.admin.addFault({ kind: 'slow', latencyMs: 1, count: 1 })
  t.equal((await get('/athlete')).status, 200)
})

t.test('faults: a dropped connection, before anything is done', async (t) => {
  const { strava, get } = await faulty(t, { kind: 'drop', count: 1 })
  await t.rejects(get('/athlete'))
  t.equal(strava.admin.usage().overall.day, 0)
  t.same(strava.admin.counters().statuses, { '0': 1 })
  t.equal((await get('/athlete')).status, 200)
})

t.test('faults: half an answer', async (t) => {
  const { strava, get } = await faulty(t, { kind: 'truncate', count: 1, route: 'list' })
  await t.rejects(get('/athlete/activities'))
  t.equal(strava.admin.usage().overall.day, 1)
  t.equal((await get('/athlete/activities')).status, 200)
})

t.test('limit headers: absent, or nonsense', async (t) => {
  const { get } = await faulty(
    t,
    { kind: 'limit-headers', value: null, count: 1 },
    { kind: 'limit-headers', value: ',', count: 1 },
  )
  const absent = await get('/athlete')
  t.equal(absent.status, 200)
  t.equal(absent.headers.get('x-ratelimit-limit'), null)
  t.equal(absent.headers.get('x-readratelimit-usage'), null)
  t.equal((await get('/athlete')).headers.get('x-ratelimit-usage'), '2,2')
})

t.test('limit headers: nonsense in the usage', async (t) => {
  const { get } = await faulty(t, { kind: 'limit-headers', value: 'NaN,' })
  const answer = await get('/athlete')
  t.equal(answer.headers.get('x-ratelimit-usage'), 'NaN,')
  t.equal(answer.headers.get('x-readratelimit-usage'), 'NaN,')
  t.equal(answer.headers.get('x-ratelimit-limit'), '200,2000')
})

t.test('faults: a refresh whose answer is lost after the rotation', async (t) => {
  const { strava, athleteId, tokens } = await faulty(t, { kind: 'lost-response', route: 'refresh', count: 1 })
  const refresh = (refresh_token: string) =>
    call(
      `${strava.oauthUrl}/token`,
      form({
        client_id: strava.clientId,
        client_secret: strava.clientSecret,
        grant_type: 'refresh_token',
        refresh_token,
      }),
    )
  await t.rejects(refresh(tokens.refreshToken))
  const replay = await refresh(tokens.refreshToken)
  t.equal(replay.status, 400)
  t.same(replay.body, at(fixture('errors/400-refresh-token-invalid-2026'), 'body'))
  const rotated = strava.admin.tokens(athleteId)?.refreshToken ?? ''
  t.equal((await refresh(rotated)).status, 200)
  t.match(strava.admin.counters().calls, { refresh: 3, token: 0 })
})

t.test('faults: faults meet the OAuth calls, too', async (t) => {
  const { strava } = await faulty(t, { kind: 'error', status: 503, route: 'token' })
  t.equal((await call(`${strava.oauthUrl}/token`, { method: 'POST' })).status, 503)
  t.equal((await call(`${strava.oauthUrl}/revoke`, { method: 'POST' })).status, 401)
})

t.test('faults: probability is drawn from the seed, and faults can be removed', async (t) => {
  const statuses = async () => {
    const { strava, get } = await faulty(t)
    const { id } = strava.admin.addFault({ kind: 'error', status: 500, probability: 0.5 })
    const seen: number[] = []
    for (let count = 0; count < 20; count += 1) seen.push((await get('/athlete')).status)
    t.equal(strava.admin.faults()[0]?.hits, seen.filter((status) => status === 500).length)
    strava.admin.removeFault(id)
    t.equal((await get('/athlete')).status, 200)
    return seen
  }
  const first = await statuses()
  t.ok(first.includes(200) && first.includes(500))
  t.same(await statuses(), first)
})
