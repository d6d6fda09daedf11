import { INTERNAL_SIGNALS } from '@ikigai/bus'
import { athletes, capacityRefusals, grants } from '@ikigai/db'
import { browser, eventually, openWay } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t, { type Test } from 'tap'
import { HTML, JSON_ONLY, newAthlete, sessionOf, signIn, startHarness, untilCallback } from './harness.ts'

/** Shared by all tests; each has its own athlete. */
const keys = { s1: Buffer.alloc(32, 1).toString('base64'), s2: Buffer.alloc(32, 2).toString('base64') }
const harness = await startHarness(t, { SESSION_KEYS: `s1:${keys.s1},s2:${keys.s2}` })
const { db, strava, clock, publicUrl } = harness

/** Requests a callback as a program and as a browser, and asserts that both are refused and no session is issued. */
async function refused(t: Test, callback: () => Promise<URL>, slug: string, status: number, tab = browser()) {
  const answer = await patiently(tab.get(await callback(), { headers: JSON_ONLY, follow: false }))
  t.equal(answer.status, status, slug)
  t.match(answer.headers.get('content-type'), 'application/problem+json')
  t.match(answer.json(), { type: `/problems/${slug}`, status })
  t.equal(answer.headers.get('cache-control'), 'no-store')
  const page = await patiently(tab.get(await callback(), { headers: HTML }))
  t.equal(page.status, status)
  t.ok(page.url.startsWith(`${publicUrl}/auth/refused/${slug}`), 'the address of the page')
  t.notMatch(page.url, /code=|state=|scope=|error=/, 'contains no parameter of the callback')
  t.equal(page.headers.get('cache-control'), 'no-store')
  t.match(page.headers.get('content-type'), 'text/html')
  t.match(page.headers.get('content-security-policy'), "default-src 'none'")
  t.match(page.body, '<h1>')
  t.notMatch(page.body, /<script|undefined|\[object/)
  t.equal(sessionOf(tab), undefined)
  return { answer, page }
}

/** The interval of attempts, each of which advances the clock. */
const STEPPING = { intervalMs: 20 }

/** Advances the clock until the answer has arrived, because a refused code is retried after a delay. */
async function patiently<T>(answer: Promise<T>): Promise<T> {
  let isThere = false
  void answer.finally(() => {
    isThere = true
  })
  await eventually(async () => {
    if (!isThere) await clock.advance(100)
    return isThere
  }, STEPPING)
  return answer
}

/** A sign-in in this browser up to the callback's URL, whose query `change` can alter. */
const returning = (tab = browser(), change: (query: URLSearchParams) => void = () => {}) => ({
  tab,
  callback: async () => {
    const url = await untilCallback(harness, tab)
    change(url.searchParams)
    return url
  },
})

t.test('callback: when access is denied nothing is stored', async (t) => {
  const id = newAthlete(harness)
  strava.admin.configure({ autoApprove: { athleteId: id, decision: 'deny' } })
  const { tab, callback } = returning()
  const { page } = await refused(t, callback, 'denied', 403, tab)
  t.match(page.body, '/auth/login?')
  t.equal(await db.$count(athletes, eq(athletes.id, id)), 0)
})

t.test('callback: without an activity scope no code is exchanged and no account created', async (t) => {
  const id = newAthlete(harness)
  strava.admin.configure({ autoApprove: { athleteId: id, scopes: ['read'] } })
  const before = harness.calls('token')
  const { tab, callback } = returning()
  const { answer } = await refused(t, callback, 'scope-missing', 403, tab)
  t.match(answer.json(), { accepted: ['read'], missing: ['activity:read'] })
  t.equal(harness.calls('token'), before)
  t.equal(await db.$count(athletes, eq(athletes.id, id)), 0)
})

t.test('state: valid once, in the same browser, for ten minutes', async (t) => {
  const id = newAthlete(harness)
  const { tab, callback } = returning()
  const used = await callback()
  t.equal((await tab.get(used, { follow: false })).status, 303)
  const before = harness.calls('token')
  tab.cookies.delete('127.0.0.1', 'ikigai_session')
  await refused(t, async () => used, 'state-unknown', 400, tab)

  const mine = await callback()
  await refused(t, async () => mine, 'state-unknown', 400, browser())
  const forged = new URL(mine)
  forged.searchParams.set('state', 'A'.repeat(32))
  await refused(t, async () => forged, 'state-unknown', 400, tab)
  await clock.advance(600_001)
  await refused(t, async () => mine, 'state-unknown', 400, tab)
  const bare = new URL(mine)
  bare.searchParams.delete('state')
  await refused(t, async () => bare, 'state-missing', 400, tab)
  t.equal(harness.calls('token'), before, 'Strava was not asked')
  t.equal(await db.$count(athletes, eq(athletes.id, id)), 1)
})

t.test('state: 500 forged codes cause one call to Strava over all replicas', async (t) => {
  newAthlete(harness)
  const replica = await harness.replica()
  const tab = browser()
  const { searchParams } = await untilCallback(harness, tab)
  const [cookie = ''] = tab.cookies.received
  const before = harness.calls('token')
  const statuses = new Map<number, number>()
  for (let start = 0; start < 500; start += 50) {
    const answers = await patiently(
      Promise.all(
        Array.from({ length: 50 }, (_, n) => {
          searchParams.set('code', `invented-${start + n}`)
          const origin = n % 2 === 0 ? publicUrl : replica.urls.http
          const headers = { ...JSON_ONLY, cookie: cookie.split(';')[0] ?? '' }
          return fetch(`${origin}/auth/callback?${searchParams}`, { headers, redirect: 'manual' })
        }),
      ),
    )
    for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  t.equal(harness.calls('token') - before, 2, 'a repeated refusal is final')
  t.same([...statuses], [[400, 500]])
})

t.test('rate limit: counts per address', async (t) => {
  const auth = await harness.replica({ AUTH_RATE_LIMIT: '5' })
  const from = (address: string, headers = JSON_ONLY, path = '/auth/callback?state=x') =>
    fetch(`${auth.urls.http}${path}`, {
      headers: { ...headers, 'x-forwarded-for': address },
      redirect: 'manual',
    })
  for (let n = 0; n < 5; n += 1) t.equal((await from('203.0.113.7')).status, 400)
  const refused = await from('203.0.113.7', JSON_ONLY, '/auth/login')
  t.equal(refused.status, 429)
  t.match(refused.headers.get('retry-after'), /^[1-9]\d*$/)
  t.match(await refused.json(), { type: '/problems/too-many-requests', status: 429 })
  const led = await from('203.0.113.7', HTML)
  t.match(led, { status: 303 }, 'the callback redirects instead of showing a page')
  const page = await from('203.0.113.7', HTML, led.headers.get('location') ?? '')
  t.equal(page.status, 429)
  t.match(page.headers.get('retry-after'), /^[1-9]\d*$/)
  t.match(await page.text(), '<h1>Too many requests')
  t.equal((await from('203.0.113.8')).status, 400, 'another address')
  t.equal((await from('2001:db8::1')).status, 400)
  for (let n = 2; n < 6; n += 1) await from(`2001:db8::${n}`)
  t.equal((await from('2001:db8::99')).status, 429, 'an IPv6 /64 network counts as one address')
})

t.test('callback: a sign-in begun in another browser is rejected', async (t) => {
  const attacker = newAthlete(harness)
  const evil = browser()
  const theirs = await untilCallback(harness, evil)
  const victim = browser()
  await untilCallback(harness, victim)
  // The attacker's callback URL in the victim's browser, which has a pending sign-in of its own.
  await refused(t, async () => theirs, 'state-unknown', 400, victim)
  // The attacker's code with the victim's state is refused by Strava; without a state it is not exchanged.
  const state = new URL(await untilCallback(harness, victim)).searchParams.get('state') ?? ''
  const cookie = victim.cookies.received.findLast((line) => line.startsWith('ikigai_sign_in_')) ?? ''
  const [name = '', value = ''] = cookie.split(/[=;]/)
  const planted = browser()
  planted.cookies.set('127.0.0.1', name, `${value.slice(0, -1)}${value.endsWith('A') ? 'B' : 'A'}`)
  const altered = new URL(
    `${publicUrl}/auth/callback?${new URLSearchParams({ state, code: 'x', scope: 'activity:read' })}`,
  )
  await refused(t, async () => altered, 'state-unknown', 400, planted)
  planted.cookies.clear()
  // The cookie of one state under the name of another.
  const other = new URL(theirs).searchParams.get('state') ?? ''
  const { createHash } = await import('node:crypto')
  const otherName = `ikigai_sign_in_${createHash('sha256').update(other).digest('base64url').slice(0, 16)}`
  planted.cookies.set('127.0.0.1', otherName, value)
  await refused(t, async () => theirs, 'state-unknown', 400, planted)
  t.equal(await db.$count(athletes, eq(athletes.id, attacker)), 0)
})

t.test('callback: repeated, oversized or malformed parameters are rejected', async (t) => {
  newAthlete(harness)
  const before = harness.calls('token')
  const tab = browser()
  const callback = await untilCallback(harness, tab)
  const state = callback.searchParams.get('state') ?? ''
  const queries = [
    `state=${state}&state=x&code=a`,
    `state=${state}&code=a&code=b&scope=activity:read`,
    `state=${state}&code[]=a&scope=activity:read`.replace('code[]', 'code=a&code'),
    `state[a]=${state}&code=a`,
    `state=${'x'.repeat(2_100)}&code=a`,
    `state=%00&code=%00`,
    `state=__proto__&code=constructor`,
  ]
  for (const query of queries) {
    const answer = await tab.get(`${publicUrl}/auth/callback?${query}`, { headers: JSON_ONLY, follow: false })
    t.equal(answer.status, 400, query.slice(0, 60))
    t.match(answer.headers.get('content-type'), 'application/problem+json')
  }
  t.equal(harness.calls('token'), before)
  t.equal((await tab.get(callback, { follow: false })).status, 303, 'the sign-in can still be completed')
})

t.test('callback: error texts of Strava are not shown', async (t) => {
  newAthlete(harness)
  const marker = '<img src=x onerror=alert(1)>'
  const { tab, callback } = returning(browser(), (query) => {
    query.delete('code')
    query.set('error', `"'>${marker}`)
    query.set('error_description', marker)
  })
  const { answer, page } = await refused(t, callback, 'strava-refused', 502, tab)
  t.notMatch(answer.body + page.body, 'onerror')
  const long = await tab.get(`${publicUrl}/auth/login?return_to=/${encodeURIComponent(`"'>${marker}`)}`, {
    headers: HTML,
    follow: false,
  })
  t.equal(long.status, 302)
  const nowhere = await tab.get(`${publicUrl}/auth/${encodeURIComponent(marker)}`, { headers: HTML })
  t.equal(nowhere.status, 404)
  t.notMatch(nowhere.body, 'onerror')
})

t.test('refusal page: return_to is escaped and kept', async (t) => {
  const id = newAthlete(harness)
  strava.admin.configure({ autoApprove: { athleteId: id, decision: 'deny' } })
  const tab = browser()
  const callback = await untilCallback(
    harness,
    tab,
    `?return_to=${encodeURIComponent('/a"><script>alert(1)</script>')}`,
  )
  const page = await tab.get(callback, { headers: HTML })
  t.equal(page.status, 403)
  t.notMatch(page.body, /<script/i)
  t.match(page.body, 'return_to=')
})

t.test('code exchange: each failure leads to its refusal', async (t) => {
  const cases: readonly [string, number, () => void][] = [
    ['code-invalid', 400, () => strava.admin.configure({ authorizationCodeLifetimeSeconds: 1 })],
    [
      'strava-unavailable',
      502,
      () => void strava.admin.addFault({ kind: 'error', status: 503, route: 'token' }),
    ],
    [
      'strava-unavailable',
      502,
      () => void strava.admin.addFault({ kind: 'html', status: 200, route: 'token' }),
    ],
    ['strava-unavailable', 502, () => void strava.admin.addFault({ kind: 'drop', route: 'token' })],
    ['strava-unavailable', 502, () => void strava.admin.addFault({ kind: 'truncate', route: 'token' })],
    [
      'strava-unavailable',
      502,
      () => void strava.admin.addFault({ kind: 'error', status: 429, route: 'token' }),
    ],
    [
      'application-misconfigured',
      500,
      () => void strava.admin.addFault({ kind: 'error', status: 401, route: 'token' }),
    ],
    ['athlete-capacity', 503, () => void strava.admin.configure({ athleteCapacity: 0 })],
  ]
  const failures = harness.bus.nc.subscribe(INTERNAL_SIGNALS.stravaFailed.subject)
  t.teardown(() => failures.unsubscribe())
  for (const [slug, status, arrange] of cases) {
    const id = newAthlete(harness)
    const before = failures.getReceived()
    arrange()
    const { tab, callback } = returning()
    const exchange = async () => {
      const url = await callback()
      if (slug === 'code-invalid') await clock.advance(2_000)
      return url
    }
    const { answer } = await refused(t, exchange, slug, status, tab)
    if (status >= 502) t.match(answer.headers.get('retry-after'), /^\d+$/)
    t.equal(await db.$count(grants, eq(grants.athleteId, id)), 0, 'nothing is stored')
    const isStravas = slug === 'strava-unavailable'
    if (isStravas)
      await eventually(() => failures.getReceived() > before, { what: 'the fetcher is signalled' })
    else t.equal(failures.getReceived(), before, 'none of Strava’s text')
    strava.admin.clearFaults()
    strava.admin.configure({ authorizationCodeLifetimeSeconds: 300, athleteCapacity: null })
    await db.delete(capacityRefusals)
  }
})

t.test('athlete capacity: connected athletes can still sign in', async (t) => {
  const connected = newAthlete(harness)
  const { tab } = await signIn(harness, connected)
  strava.admin.configure({ athleteCapacity: 1 })
  t.teardown(() => db.delete(capacityRefusals))
  t.teardown(() => strava.admin.configure({ athleteCapacity: null }))
  newAthlete(harness)
  const newcomer = returning()
  const { page } = await refused(t, newcomer.callback, 'athlete-capacity', 503, newcomer.tab)
  t.match(page.body, 'the limit is reached')
  const before = sessionOf(tab)
  strava.admin.configure({ autoApprove: { athleteId: connected } })
  const loginPage = await tab.get(`${publicUrl}/auth/login`, { headers: HTML })
  t.match(loginPage.body, 'I have an account: continue with Strava', 'the refusal is remembered')
  await tab.get(`${publicUrl}/auth/login?known=true`, { headers: HTML })
  t.ok(sessionOf(tab))
  t.not(sessionOf(tab), before, 'a new session')
  t.equal(await db.$count(grants, eq(grants.athleteId, connected)), 1)
})

t.test('code exchange: a used code is refused without side effects', async (t) => {
  const id = newAthlete(harness)
  const first = browser()
  const callback = await untilCallback(harness, first)
  t.equal((await first.get(callback, { follow: false })).status, 303)
  const { tab, callback: replay } = returning(browser(), (query) =>
    query.set('code', callback.searchParams.get('code') ?? ''),
  )
  await refused(t, replay, 'code-invalid', 400, tab)
  t.equal(await db.$count(grants, eq(grants.athleteId, id)), 1)
})

t.test('sign-in: continues over a key rotation', async (t) => {
  newAthlete(harness)
  const rotated = await harness.replica({ SESSION_KEYS: `s2:${keys.s2},s1:${keys.s1}` })
  const tab = browser()
  const { pathname, search } = await untilCallback(harness, tab)
  t.equal((await tab.get(`${rotated.urls.http}${pathname}${search}`, { follow: false })).status, 303)
  const without = await harness.replica({ SESSION_KEYS: `s2:${keys.s2}` })
  const late = await untilCallback(harness, tab)
  tab.cookies.delete('127.0.0.1', 'ikigai_session')
  const answer = await tab.get(`${without.urls.http}${late.pathname}${late.search}`, { headers: JSON_ONLY })
  t.match(answer.json(), { type: '/problems/state-unknown' }, 'not with a removed key')
})

t.test('code exchange: a rejected fresh code is retried once', async (t) => {
  const fault = { kind: 'error', status: 400, route: 'token', count: 1 } as const
  const id = newAthlete(harness)
  const body = {
    message: 'Bad Request',
    errors: [{ resource: 'AuthorizationCode', field: 'code', code: 'invalid' }],
  }
  strava.admin.addFault({ ...fault, body })
  const tab = browser()
  const callback = await untilCallback(harness, tab)
  const before = harness.calls('token')
  const answer = await patiently(tab.get(callback, { headers: HTML, follow: false }))
  t.match([answer.status, answer.headers.get('location')], [303, '/'])
  t.ok(sessionOf(tab))
  t.equal(harness.calls('token'), before + 2)
  t.equal(await db.$count(grants, eq(grants.athleteId, id)), 1)
})

t.test('callback: a reload after completion redirects to the start page', async (t) => {
  newAthlete(harness)
  const tab = browser()
  const callback = await untilCallback(harness, tab, '?return_to=/status')
  t.equal((await tab.get(callback, { headers: HTML, follow: false })).headers.get('location'), '/status')
  const before = harness.calls('token')
  for (const headers of [HTML, JSON_ONLY]) {
    const again = await tab.get(callback, { headers, follow: false })
    t.match([again.status, again.headers.get('location')], [303, '/'])
  }
  tab.cookies.set('127.0.0.1', 'ikigai_session', 'planted')
  const forged = await tab.get(callback, { headers: JSON_ONLY, follow: false })
  t.match(forged.json(), { type: '/problems/state-unknown' }, 'an invalid session does not help')
  t.equal(harness.calls('token'), before)
})

t.test('callback: two concurrent loads exchange the code once', async (t) => {
  const id = newAthlete(harness)
  const tab = browser()
  const callback = await untilCallback(harness, tab)
  const before = harness.calls('token')
  const answers = await Promise.all([1, 2, 3].map(() => tab.get(callback, { headers: HTML, follow: false })))
  t.same(
    answers.map(({ status }) => status),
    [303, 303, 303],
  )
  t.equal(harness.calls('token'), before + 1)
  t.equal(await db.$count(grants, eq(grants.athleteId, id)), 1)
})

t.test('scopes: private activities are optional, and the choice can be changed', async (t) => {
  const id = newAthlete(harness)
  const scopesOf = async () => (await db.select().from(athletes).where(eq(athletes.id, id)))[0]?.scopes
  const choose = async (scopes: ('activity:read' | 'activity:read_all')[], query = '') => {
    strava.admin.configure({ autoApprove: { athleteId: id, scopes } })
    const tab = browser()
    await tab.get(await untilCallback(harness, tab, query), { follow: false })
    return sessionOf(tab)
  }
  t.ok(await choose(['activity:read']), 'an account without private activities')
  t.same(await scopesOf(), ['read', 'activity:read'])
  t.ok(await choose(['activity:read', 'activity:read_all']))
  t.same(await scopesOf(), ['read', 'activity:read', 'activity:read_all'])
  t.ok(await choose(['activity:read_all']), 'one of the two checkboxes is enough')
  const login = await browser().get(`${publicUrl}/auth/login?approval_prompt=force`, { follow: false })
  t.match(login.headers.get('location'), 'approval_prompt=force')
})

t.test('unknown path below /auth: browsers get an HTML page', async (t) => {
  for (const path of [
    '/auth',
    '/auth/',
    '/auth/logout',
    '/auth/refused/__proto__',
    '/auth/refused/x',
    '/auth/refused/',
  ]) {
    const page = await browser().get(`${publicUrl}${path}`, { headers: HTML })
    t.equal(page.status, 404, path)
    t.match(page.body, '<h1>Not found</h1>', path)
    t.match((await browser().get(`${publicUrl}${path}`)).json(), { type: '/problems/not-found' })
  }
  const lured = await browser().get(`${publicUrl}/auth/refused/denied?return_to=//evil.example`, {
    headers: HTML,
  })
  t.match(lured.body, 'href="/auth/login?return_to=%2F"')
})

t.test('callback: errors redirect to a URL without the code', async (t) => {
  const tab = browser()
  newAthlete(harness)
  const { searchParams } = await untilCallback(harness, tab)
  const twice = `${publicUrl}/auth/callback?${searchParams}&code=b`
  const page = await tab.get(twice, { headers: HTML })
  t.match([page.status, page.url], [400, `${publicUrl}/auth/refused/bad-request`])
})

for (const away of ['cut', 'silence'] as const) {
  t.test(`PostgreSQL unavailable (${away}): answers 503 soon, and does not blame Strava`, async (t) => {
    const postgres = await openWay(t, harness.environment['DATABASE_URL'] ?? '')
    const replica = await harness.replica({ DATABASE_URL: postgres.url })
    newAthlete(harness)
    const tab = browser()
    const callback = async () => {
      const url = await untilCallback(harness, tab)
      return new URL(`${replica.urls.http}${url.pathname}${url.search}`)
    }
    const urls = [await callback(), await callback()]
    postgres[away]()
    const [program, person] = urls
    if (program === undefined || person === undefined) throw new Error('no callback')
    const answer = await tab.get(program, { headers: JSON_ONLY, follow: false })
    t.equal(answer.status, 503)
    t.equal(answer.headers.get('retry-after'), '2')
    t.match(answer.json(), { type: '/problems/unavailable' })
    const page = await tab.get(person, { headers: HTML })
    t.equal(page.status, 503)
    t.match(new URL(page.url).pathname, '/auth/refused/unavailable')
    t.match(page.body, /Strava is not the reason/)
    t.notMatch(page.body, /Strava cannot be reached/)
    postgres.mend()
    await replica.stop()
  })
}
