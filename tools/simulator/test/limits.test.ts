import t from 'tap'
import type { RateNumbers, SimulatorOptions } from '../src/index.ts'
import { secondsToNextDay, secondsToNextQuarterHour } from '../src/limits/windows.ts'
import { at, bearer, call, fixture, form, simulator, type TestClock, testClock } from './helper.ts'

const MINUTE_MS = 60_000

function limits(read: [number, number], overall: [number, number]): RateNumbers {
  const pair = ([fifteenMinutes, day]: [number, number]) => ({ fifteenMinutes, day })
  return { read: pair(read), overall: pair(overall) }
}

async function limited(t: Parameters<typeof simulator>[0], options: SimulatorOptions & { clock: TestClock }) {
  const settings = { accessTokenLifetimeSeconds: 10 * 365 * 86_400 }
  const strava = await simulator(t, { ...options, settings })
  const { id } = strava.admin.createAthlete({ activities: 1 })
  const { accessToken } = strava.admin.authorizeAthlete(id, ['read', 'activity:read', 'activity:write'])
  return { strava, accessToken, read: () => call(`${strava.apiUrl}/athlete`, bearer(accessToken)) }
}

function usageHeaders(headers: Headers): (string | null)[] {
  return ['limit', 'usage'].flatMap((part) => [
    headers.get(`x-ratelimit-${part}`),
    headers.get(`x-readratelimit-${part}`),
  ])
}

t.test('limits: both pairs of headers, on success and on 404', async (t) => {
  const { strava, accessToken, read } = await limited(t, { clock: testClock() })
  t.same(usageHeaders((await read()).headers), ['200,2000', '100,1000', '1,1', '1,1'])
  const missing = await call(`${strava.apiUrl}/activities/1`, bearer(accessToken))
  t.same(usageHeaders(missing.headers), ['200,2000', '100,1000', '2,2', '2,2'])
  const recorded = Object.keys(Object(at(fixture('headers/get-list-200'), 'headers')))
  const answer = await call(`${strava.apiUrl}/athlete/activities`, bearer(accessToken))
  for (const name of recorded) t.ok(answer.headers.has(name), name)
  t.equal(answer.headers.get('date'), 'Mon, 23 Nov 2026 10:07:00 GMT', "the simulator's clock")
})

t.test('over the quarter hour: 429, and the violating calls use up the day', async (t) => {
  const clock = testClock()
  const { strava, read } = await limited(t, { clock, limits: limits([3, 6], [10, 20]) })
  for (let count = 0; count < 3; count += 1) t.equal((await read()).status, 200)
  const refused = await read()
  t.equal(refused.status, 429)
  t.same(refused.body, at(fixture('errors/429-rate-limit-exceeded-real-log-2018'), 'body'))
  t.equal(refused.headers.get('x-readratelimit-usage'), '4,4')
  t.equal(refused.headers.get('retry-after'), null)
  clock.advance(8 * MINUTE_MS)
  t.equal((await read()).headers.get('x-readratelimit-usage'), '1,5', 'a new quarter hour')
  t.equal((await read()).status, 200)
  t.equal((await read()).status, 429, 'the day is used up')
  clock.advance(15 * MINUTE_MS)
  strava.admin.configure({ retryAfter: true })
  const daily = await read()
  t.equal(daily.status, 429)
  t.equal(daily.headers.get('retry-after'), String(13.5 * 3600))
  clock.advance(14 * 60 * MINUTE_MS)
  t.equal((await read()).headers.get('x-readratelimit-usage'), '1,1', 'a new day')
})

t.test('limits: windows turn at real edges', async (t) => {
  const clock = testClock('2026-11-23T23:59:59.999Z')
  const { read } = await limited(t, { clock })
  t.equal((await read()).headers.get('x-ratelimit-usage'), '1,1')
  clock.advance(1)
  t.equal((await read()).headers.get('x-ratelimit-usage'), '1,1')
  clock.advance(15 * MINUTE_MS - 1)
  t.equal((await read()).headers.get('x-ratelimit-usage'), '2,2')
  clock.advance(1)
  t.equal((await read()).headers.get('x-ratelimit-usage'), '1,3')
  t.equal(secondsToNextQuarterHour(Date.parse('2026-11-23T10:07:00.001Z')), 480)
  t.equal(secondsToNextDay(Date.parse('2026-11-23T23:59:59.999Z')), 1)
})

t.test('limits: the overall limit binds reads as well, and a write does not count as a read', async (t) => {
  const { strava, accessToken, read } = await limited(t, {
    clock: testClock(),
    limits: limits([10, 100], [2, 100]),
  })
  const fields = {
    name: 'x',
    sport_type: 'Run',
    start_date_local: '2026-11-20T10:00:00Z',
    elapsed_time: '60',
  }
  const write = () =>
    call(`${strava.apiUrl}/activities`, form(fields, { authorization: `Bearer ${accessToken}` }))
  t.equal((await write()).status, 201)
  t.equal((await read()).status, 200)
  t.equal((await write()).status, 429)
  t.equal((await read()).status, 429)
  t.same(strava.admin.usage(), limits([2, 2], [4, 4]))
})

t.test('limits: bad tokens and unknown paths do not count; a missing scope does', async (t) => {
  const { strava, accessToken } = await limited(t, { clock: testClock() })
  await call(`${strava.apiUrl}/athlete`, bearer('x'))
  await call(`${strava.apiUrl}/nothing`, bearer(accessToken))
  t.same(strava.admin.usage(), limits([0, 0], [0, 0]))
  strava.admin.authorizeAthlete(strava.admin.athletes()[0]?.id ?? '', ['read'])
  const answer = await call(`${strava.apiUrl}/athlete/activities`, bearer(accessToken))
  t.equal(answer.status, 401)
  t.equal(answer.headers.get('x-readratelimit-usage'), '1,1')
})

t.test('limits: limits and usage can be set, and the clock moved', async (t) => {
  const clock = testClock()
  const { strava, read } = await limited(t, { clock })
  strava.admin.setLimits(limits([5, 50], [6, 60]))
  strava.admin.setUsage(limits([4, 40], [4, 40]))
  t.same(usageHeaders((await read()).headers), ['6,60', '5,50', '5,41', '5,41'])
  t.equal((await read()).status, 429)
  strava.admin.advanceClock(15 * MINUTE_MS)
  t.equal((await read()).status, 200)
  strava.admin.setClock({ now: '2027-01-01T00:00:00Z', frozen: true })
  clock.advance(1_000)
  t.equal(strava.admin.now(), Date.parse('2027-01-01T00:00:00Z'))
  t.equal((await read()).headers.get('x-ratelimit-usage'), '1,1')
  t.equal(new Date((await read()).headers.get('date') ?? '').getUTCFullYear(), 2027)
  t.throws(() => strava.admin.setClock({ now: 'soon' }), { name: 'InvalidDateError' })
})

t.test('counters: by kind, by status, maxima and windows', async (t) => {
  const clock = testClock()
  const { strava, read } = await limited(t, { clock, limits: limits([2, 100], [9, 100]) })
  for (let count = 0; count < 3; count += 1) await read()
  clock.advance(15 * MINUTE_MS)
  await read()
  await call(`${strava.apiUrl}/nothing`)
  const counters = strava.admin.counters()
  t.match(counters.calls, { athlete: 4, unknown: 1, list: 0 })
  t.same(counters.statuses, { '200': 3, '404': 1, '429': 1 })
  t.equal(counters.rateLimited, 1)
  t.equal(counters.total, 5)
  t.same(counters.maxima, limits([3, 4], [3, 4]))
  t.same(counters.windows, [
    { startsAt: '2026-11-23T10:00:00.000Z', read: 3, overall: 3, rateLimited: 1 },
    { startsAt: '2026-11-23T10:15:00.000Z', read: 1, overall: 1, rateLimited: 0 },
  ])
  strava.admin.resetCounters()
  t.match(strava.admin.counters(), { total: 0, rateLimited: 0, windows: [], maxima: limits([0, 0], [0, 0]) })
  t.same(strava.admin.usage(), limits([1, 4], [1, 4]), 'usage is Strava’s own and stays')
})

t.test('limits: the log of calls names the athlete and no secret', async (t) => {
  const { strava, read, accessToken } = await limited(t, { clock: testClock() })
  await read()
  await call(`${strava.apiUrl}/athlete?access_token=${accessToken}`)
  await call(`${strava.oauthUrl}/token?client_secret=hush&code=hush&client_id=1`, { method: 'POST' })
  const calls = strava.admin.calls()
  t.match(calls, [
    { kind: 'athlete', method: 'GET', url: '/api/v3/athlete', status: 200, athleteId: /^\d+$/ },
    { kind: 'athlete', status: 200, athleteId: /^\d+$/ },
    { kind: 'token', method: 'POST', status: 400, athleteId: null },
  ])
  t.ok(
    calls.every(({ durationMs }) => durationMs !== null && durationMs >= 0),
    'and how long each took',
  )
  t.notMatch(JSON.stringify(calls), 'hush')
  t.notMatch(JSON.stringify(calls), accessToken)
})

t.test('limits: two at once are both counted', async (t) => {
  const { strava, read } = await limited(t, { clock: testClock(), limits: limits([20, 100], [20, 100]) })
  const answers = await Promise.all(Array.from({ length: 25 }, read))
  t.equal(answers.filter(({ status }) => status === 200).length, 20)
  t.equal(strava.admin.counters().rateLimited, 5)
})
