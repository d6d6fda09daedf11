import { FETCH_REQUESTS, fetchSubject, INTERNAL_API, request, requestFetch, STREAMS } from '@ikigai/bus'
import { isValid } from '@ikigai/chassis/validation'
import { EVENT_DATA, eventSubject } from '@ikigai/contracts'
import { athletes, budgets, grants, outbox } from '@ikigai/db'
import { createRevocations, createSessionVerifier } from '@ikigai/sessions'
import { browser, eventually } from '@ikigai/testkit'
import { eq, sql } from 'drizzle-orm'
import t from 'tap'
import { exchangeOf } from '../src/oauth/code-exchange.ts'
import { HTML, JSON_ONLY, newAthlete, sessionOf, signIn, startHarness, untilCallback } from './harness.ts'

/** Shared by all tests; each has its own athlete. */
const harness = await startHarness(t, { SIGNUP_WAIT: '1m' })
const { db, bus, strava, clock, config, publicUrl } = harness
const standIn = harness.answerSignUps('stored')

const athleteRow = (id: string) => db.select().from(athletes).where(eq(athletes.id, id))
/** All requests to the fetcher, also those without a reply inbox. */
const requestsOf = (id: string) =>
  standIn.requests.filter(({ subject }) => subject === fetchSubject('signup', id))
const jobsOf = (id: string) => standIn.jobs.filter(({ subject }) => subject === fetchSubject('signup', id))

const verified = (token = '') =>
  createSessionVerifier({
    keys: config.sessionKeys,
    clock,
    revocations: createRevocations({ clock }),
  }).verify(token)

t.test('sign-in: a new athlete gets a session and an import', async (t) => {
  const id = newAthlete(harness)
  const { tab, page } = await signIn(harness, id)

  t.match(page.hops, [
    `${publicUrl}/auth/login`,
    new RegExp(`^${strava.oauthUrl}/authorize\\?`),
    new RegExp(`^${publicUrl}/auth/callback\\?`),
    `${publicUrl}/`,
  ])
  const authorize = new URL(page.hops[1] ?? '').searchParams
  t.equal(authorize.get('scope'), 'read,activity:read,activity:read_all', 'joined by commas')
  t.equal(authorize.get('redirect_uri'), `${publicUrl}/auth/callback`)
  t.equal(authorize.get('approval_prompt'), 'auto')
  t.match(authorize.get('state'), /^[\w-]{32}$/)

  const [begun, used, session] = tab.cookies.received
  t.match(begun, /^ikigai_sign_in_[\w-]{16}=v1\.s1\.[\w-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/)
  t.match(used, /^ikigai_sign_in_[\w-]{16}=; Max-Age=0; Path=\/;/, 'the state is used up')
  t.match(session, /^ikigai_session=[\w-]+\.[\w-]+\.[\w-]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/)
  t.match(await verified(sessionOf(tab)), { athleteId: id })

  t.match(await athleteRow(id), [
    {
      id,
      scopes: ['read', 'activity:read', 'activity:read_all'],
      grantState: 'active',
      profileUrl: /^https:/,
      stravaCreatedAt: Date,
    },
  ])
  t.equal(jobsOf(id).length, 1, 'the fetcher is asked for the first page')
  const jsm = await bus.nc.jetstreamManager()
  const event = await jsm.streams.getMessage(STREAMS.events, {
    last_by_subj: eventSubject('athlete.connected', id),
  })
  t.ok(isValid(EVENT_DATA['athlete.connected'], event.json()))
  t.equal(event.header.get('ce-type'), 'ikigai.athlete.connected')
  await eventually(async () => (await db.$count(outbox)) === 0)
})

t.test('sign-in: tokens are stored sealed, and never logged', async (t) => {
  const id = newAthlete(harness)
  const { page, tab } = await signIn(harness, id)
  const tokens = strava.admin.tokens(id)
  const callback = new URL(page.hops[2] ?? '').searchParams
  const secrets = [
    tokens?.accessToken,
    tokens?.refreshToken,
    callback.get('code'),
    callback.get('state'),
    sessionOf(tab),
    strava.clientSecret,
  ]
  const tables = await db.execute<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'public'`,
  )
  const contents = await Promise.all(
    tables.map(({ name }) =>
      db.execute<{ row: string }>(sql`select r::text as row from ${sql.identifier(name)} r`),
    ),
  )
  const stored = contents
    .flat()
    .map(({ row }) => row)
    .join('\n')
  t.match(stored, id)
  t.match(harness.logs.text(), '/auth/callback')
  for (const secret of secrets) {
    if (typeof secret !== 'string') return void t.fail('no secret is logged')
    t.notOk(stored.includes(secret))
    t.notOk(harness.logs.text().includes(secret))
  }
  const [grant] = await db.select().from(grants).where(eq(grants.athleteId, id))
  t.match(grant, { sealedAccessToken: /^v1\.t1\./, sealedRefreshToken: /^v1\.t1\./ })
})

t.test('sign-in: with https, cookies are Secure and have prefixed names', async (t) => {
  const auth = await harness.replica({ PUBLIC_URL: 'https://ikigai.example' })
  const tab = browser()
  const login = await tab.get(`${auth.urls.http}/auth/login`, { follow: false })
  t.match(tab.cookies.received, [/^__Host-ikigai_sign_in_\S+; .*Path=\/; HttpOnly; Secure; SameSite=Lax$/])
  t.notMatch(tab.cookies.received, [/Domain=/i], 'which the prefix forbids')
  const redirectUri = new URL(login.headers.get('location') ?? '').searchParams.get('redirect_uri')
  t.equal(redirectUri, 'https://ikigai.example/auth/callback')
})

t.test('sign-in: the callback URL does not depend on the request', async (t) => {
  const { hostname, port } = new URL(publicUrl)
  const { request } = await import('node:http')
  const location = await new Promise<string | undefined>((resolve, reject) => {
    request({
      hostname,
      port,
      path: '/auth/login',
      headers: {
        host: 'evil.example',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
        forwarded: 'host=evil.example',
      },
    })
      .once('response', (response) => {
        response.resume()
        resolve(response.headers.location)
      })
      .once('error', reject)
      .end()
  })
  t.notMatch(location, /evil/)
  t.equal(new URL(location ?? '').searchParams.get('redirect_uri'), `${publicUrl}/auth/callback`)
})

t.test('sign-in: returns to the requested path, on this site only', async (t) => {
  const id = newAthlete(harness)
  const endOf = async (returnTo: string) => {
    const query = new URLSearchParams({ return_to: returnTo })
    const { hops } = await browser().get(`${publicUrl}/auth/login?${query}`, { headers: HTML })
    return hops.at(-1)
  }
  t.equal(await endOf('/activities?after=2026#top'), `${publicUrl}/activities?after=2026#top`)
  const elsewhere = [
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/auth/login',
    'javascript:alert(1)',
  ]
  for (const returnTo of elsewhere) t.equal(await endOf(returnTo), `${publicUrl}/`, returnTo)
  t.equal(await db.$count(athletes, eq(athletes.id, id)), 1)
})

t.test('sign-in: several tabs do not interfere', async (t) => {
  newAthlete(harness)
  const tab = browser()
  const [one, two] = await Promise.all([
    untilCallback(harness, tab, '?return_to=/one'),
    untilCallback(harness, tab, '?return_to=/two'),
  ])
  t.equal((await tab.get(one)).hops.at(-1), `${publicUrl}/one`)
  t.equal((await tab.get(two)).hops.at(-1), `${publicUrl}/two`)
})

t.test('sign-in: too many pending ones are dropped, the oldest first', async (t) => {
  newAthlete(harness)
  const tab = browser()
  const first = await untilCallback(harness, tab)
  const rest: URL[] = []
  for (let count = 0; count < 8; count += 1) rest.push(await untilCallback(harness, tab))
  t.equal((await tab.get(first, { headers: JSON_ONLY })).status, 400)
  const [second = first] = rest
  t.equal((await tab.get(second, { follow: false })).status, 303)
})

t.test('sign-in: a returning athlete gets a new session and no new import', async (t) => {
  const id = newAthlete(harness)
  const { tab } = await signIn(harness, id)
  const first = sessionOf(tab)
  const [before] = await athleteRow(id)
  await eventually(async () => (await db.$count(outbox)) === 0)

  await clock.advance(60_000)
  await signIn(harness, id, tab)
  t.not(sessionOf(tab), first)
  t.match(await verified(sessionOf(tab)), { athleteId: id })
  t.same((await athleteRow(id))[0]?.connectedAt, before?.connectedAt, 'it is the same connection')
  t.equal(await db.$count(outbox), 0, 'no event')
  t.equal(jobsOf(id).length, 1, 'no job')
})

t.test('sign-in: an existing session cookie is replaced (session fixation)', async (t) => {
  const id = newAthlete(harness)
  const tab = browser()
  tab.cookies.set('127.0.0.1', 'ikigai_session', 'planted')
  await signIn(harness, id, tab)
  t.match(await verified(sessionOf(tab)), { athleteId: id })
})

t.test('sign-in: restarts the import after an ended grant or changed rights', async (t) => {
  const id = newAthlete(harness)
  const { tab } = await signIn(harness, id)
  const connectedAt = async () => (await athleteRow(id))[0]?.connectedAt.getTime() ?? 0
  const first = await connectedAt()
  await clock.advance(1_000)
  await db.update(athletes).set({ grantState: 'needs_reauthorization' }).where(eq(athletes.id, id))
  await signIn(harness, id, tab)
  t.match(await athleteRow(id), [{ grantState: 'active' }])
  const second = await connectedAt()
  t.ok(second > first, 'a new connection with its own import')
  await clock.advance(1_000)
  await db
    .update(athletes)
    .set({ scopes: ['read', 'activity:read'] })
    .where(eq(athletes.id, id))
  await signIn(harness, id, tab)
  t.same((await athleteRow(id))[0]?.scopes, ['read', 'activity:read', 'activity:read_all'])
  t.ok((await connectedAt()) > second)
  t.equal(jobsOf(id).length, 3)
})

t.test('sign-in: stores only known scopes; only changed reading rights restart the import', async (t) => {
  const id = newAthlete(harness)
  const tab = browser()
  const returningWith = async (scope: string) => {
    const callback = await untilCallback(harness, tab)
    callback.searchParams.set('scope', scope)
    t.equal((await tab.get(callback, { follow: false })).status, 303)
  }
  await returningWith('read,activity:read_all')
  for (const scope of [
    'read,activity:read_all,x:y',
    'activity:read_all',
    'activity:read_all activity:write,read_all',
  ]) {
    await returningWith(scope)
    t.equal(jobsOf(id).length, 1, scope)
  }
  t.same((await athleteRow(id))[0]?.scopes, ['activity:read_all'])
  await returningWith('read,activity:read,constructor')
  t.same((await athleteRow(id))[0]?.scopes, ['read', 'activity:read'])
  t.equal(jobsOf(id).length, 2, 'fewer activities than before')
})

t.test('sign-up budget: limited per day, and not reset by an erasure', async (t) => {
  const id = newAthlete(harness)
  const lanes: string[] = []
  for (let round = 0; round < 6; round += 1) {
    await signIn(harness, id)
    await eventually(() => requestsOf(id).length === round + 1)
    const body: unknown = requestsOf(id).at(-1)?.json()
    lanes.push(isValid(FETCH_REQUESTS.signup, body) && body.urgent === false ? 'backfill' : 'signup')
    await request(bus, INTERNAL_API.athleteDisconnect, { athlete_id: id })
    t.equal(await db.$count(athletes, eq(athletes.id, id)), 0)
  }
  t.same(lanes, ['signup', 'signup', 'signup', 'backfill', 'backfill', 'backfill'])
  const kept = await db.select().from(budgets)
  t.notMatch(JSON.stringify(kept), id, 'the budget does not identify the athlete')
  const other = newAthlete(harness)
  await signIn(harness, other)
  t.equal(jobsOf(other).length, 1, 'another athlete is not affected')
  await clock.advance(86_400_000)
  const before = jobsOf(id).length
  await signIn(harness, id)
  t.equal(jobsOf(id).length, before + 1, 'the next day there is a new budget')
})

t.test('sign-in: two concurrent ones of a new athlete create one account and one import', async (t) => {
  const id = newAthlete(harness)
  const replica = await harness.replica()
  const tabs = [browser(), browser(), browser()]
  const callbacks = await Promise.all(tabs.map((tab) => untilCallback(harness, tab)))
  const answers = await Promise.all(
    callbacks.map(({ pathname, search }, index) => {
      const origin = index === 0 ? replica.urls.http : publicUrl
      return tabs[index]?.get(`${origin}${pathname}${search}`, { follow: false })
    }),
  )
  t.same(
    answers.map((answer) => answer?.status),
    [303, 303, 303],
  )
  t.equal((await athleteRow(id)).length, 1)
  t.equal(jobsOf(id).length, 1)
})

t.test('sign-up: a lost request for the first page is sent again', async (t) => {
  await standIn.stop()
  newAthlete(harness)
  const tab = browser()
  const { pathname, search } = await untilCallback(harness, tab)
  const answering = tab.get(`${publicUrl}${pathname}${search}`, { follow: false })
  const jsm = await bus.nc.jetstreamManager()
  const stored = async () => (await jsm.streams.info(STREAMS.fetch)).state.messages
  await eventually(async () => (await stored()) === 1)
  await jsm.streams.purge(STREAMS.fetch)
  await eventually(
    async () => {
      await clock.advance(1_000)
      return (await stored()) > 0
    },
    { intervalMs: 20 },
  )
  const again = harness.answerSignUps('stored')
  t.equal((await answering).status, 303)
  await again.stop()
})

t.test('sign-up: with FETCH full, the request is sent again until there is room', async (t) => {
  const jsm = await bus.nc.jetstreamManager()
  const { config } = await jsm.streams.info(STREAMS.fetch)
  await jsm.streams.purge(STREAMS.fetch)
  await jsm.streams.update(STREAMS.fetch, { ...config, max_msgs: 1 })
  await requestFetch(bus, 'resync', '1', {})
  const id = newAthlete(harness)
  const tab = browser()
  const { pathname, search } = await untilCallback(harness, tab)
  const answering = tab.get(`${publicUrl}${pathname}${search}`, { follow: false })
  await eventually(() => harness.logs.text().includes('maximum messages exceeded'))
  await jsm.streams.purge(STREAMS.fetch)
  const { messages } = (await jsm.streams.info(STREAMS.fetch)).state
  t.equal(messages, 0)
  await jsm.streams.update(STREAMS.fetch, config)
  await eventually(async () => {
    await clock.advance(1_000)
    return jsm.streams.getMessage(STREAMS.fetch, { last_by_subj: fetchSubject('signup', id) }).then(
      () => true,
      () => false,
    )
  })
  const standIn = harness.answerSignUps('stored')
  t.equal((await answering).status, 303)
  await standIn.stop()
})

t.test('sign-up: waits for the first page for a limited time', async (t) => {
  const impatient = await harness.replica({ SIGNUP_WAIT: '1ms' })
  const id = newAthlete(harness)
  const tab = browser()
  const { pathname, search } = await untilCallback(harness, tab)
  const answer = await tab.get(`${impatient.urls.http}${pathname}${search}`, { follow: false })
  t.equal(answer.status, 303)
  t.match(await verified(sessionOf(tab)), { athleteId: id })

  harness.answerSignUps('waiting')
  const { page } = await signIn(harness, newAthlete(harness))
  t.equal(page.hops.at(-1), `${publicUrl}/`, 'redirected at once when the first page waits')
})

t.test('sign-in: an impossible creation date of the account is ignored', async (t) => {
  const token = { access_token: 'a', refresh_token: 'r', expires_at: new Date() }
  const beginOf = (created_at: unknown) => {
    const exchange = exchangeOf({ ...token, athlete: { id: 1, created_at } })
    return exchange.outcome === 'connected' ? exchange.athlete.stravaCreatedAt : exchange
  }
  t.strictSame(beginOf('2017-11-28T19:05:35Z'), new Date('2017-11-28T19:05:35Z'))
  for (const value of [
    undefined,
    null,
    '',
    'soon',
    1_511_895_935,
    {},
    '0000-01-01T00:00:00Z',
    '+012026-01-01T00:00:00Z',
  ])
    t.equal(beginOf(value), null)
})
