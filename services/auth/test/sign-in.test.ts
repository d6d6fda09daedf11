import { FETCH_REQUESTS, fetchSubject, INTERNAL_API, request, STREAMS } from '@ikigai/bus'
import { isValid } from '@ikigai/chassis/validation'
import { EVENT_DATA, eventSubject } from '@ikigai/contracts'
import { athletes, budgets, grants, outbox } from '@ikigai/db'
import { createRevocations, createSessionVerifier } from '@ikigai/sessions'
import { browser, eventually } from '@ikigai/testkit'
import { eq, sql } from 'drizzle-orm'
import t from 'tap'
import { Type } from 'typebox'
import { exchangeOf } from '../src/sign-in/code-exchange.ts'
import { HTML, JSON_ONLY, newAthlete, sessionOf, signIn, startWorld, untilCallback } from './world.ts'

/** Shared by all tests: each has an athlete of its own. */
const world = await startWorld(t, { SIGNUP_WAIT: '1m' })
const { db, bus, strava, clock, config, publicUrl } = world
const standIn = world.answerSignUps('stored')

const athleteRow = (id: string) => db.select().from(athletes).where(eq(athletes.id, id))
/** All that the fetcher was asked, also where nobody waits. */
const requestsOf = (id: string) =>
  standIn.requests.filter(({ subject }) => subject === fetchSubject('signup', id))
const jobsOf = (id: string) => standIn.jobs.filter(({ subject }) => subject === fetchSubject('signup', id))

const verified = (token = '') =>
  createSessionVerifier({
    keys: config.sessionKeys,
    clock,
    revocations: createRevocations({ clock }),
  }).verify(token)

t.test('a new athlete signs in', async (t) => {
  const id = newAthlete(world)
  const { tab, page } = await signIn(world, id)

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
  t.match(
    begun,
    /^ikigai_sign_in_[\w-]{16}=v1\.s1\.[\w-]+; Max-Age=600; Path=\/auth; HttpOnly; SameSite=Lax$/,
  )
  t.match(used, /^ikigai_sign_in_[\w-]{16}=; Max-Age=0; Path=\/auth;/, 'the state is used up')
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

t.test('what is secret is stored sealed, and never logged', async (t) => {
  const id = newAthlete(world)
  const { page, tab } = await signIn(world, id)
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
  t.match(world.logs.text(), '/auth/callback')
  for (const secret of secrets) {
    if (typeof secret !== 'string') return void t.fail('there is no such secret')
    t.notOk(stored.includes(secret))
    t.notOk(world.logs.text().includes(secret))
  }
  const [grant] = await db.select().from(grants).where(eq(grants.athleteId, id))
  t.match(grant, { sealedAccessToken: /^v1\.t1\./, sealedRefreshToken: /^v1\.t1\./ })
})

t.test('an app gets the same session as a bearer token', async (t) => {
  const id = newAthlete(world)
  const tab = browser()
  const page = await tab.get(`${publicUrl}/auth/login?client=app`, { headers: JSON_ONLY })
  t.equal(page.status, 200)
  t.equal(page.headers.get('cache-control'), 'no-store')
  const body: unknown = page.json()
  const Answer = Type.Object({
    access_token: Type.String(),
    token_type: Type.Literal('Bearer'),
    expires_at: Type.String(),
    athlete_id: Type.Literal(id),
  })
  if (!isValid(Answer, body)) return void t.fail('not such an answer', { body })
  t.match(await verified(body.access_token), {
    athleteId: id,
    expiresAtMs: Date.parse(body.expires_at),
  })
  t.equal(sessionOf(tab), undefined)
})

t.test('behind https every cookie is Secure and has a name that only https can set', async (t) => {
  const auth = await world.replica({ PUBLIC_URL: 'https://ikigai.example' })
  const tab = browser()
  const login = await tab.get(`${auth.url}/auth/login`, { follow: false })
  t.match(tab.cookies.received, [/^__Secure-ikigai_sign_in_\S+; .*Secure/])
  const redirectUri = new URL(login.headers.get('location') ?? '').searchParams.get('redirect_uri')
  t.equal(redirectUri, 'https://ikigai.example/auth/callback')
})

t.test('a request cannot say where the callback is', async (t) => {
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

t.test('one is taken back to where one came from, on this site alone', async (t) => {
  const id = newAthlete(world)
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

t.test('sign-ins in several tabs do not get in each other’s way', async (t) => {
  newAthlete(world)
  const tab = browser()
  const [one, two] = await Promise.all([
    untilCallback(world, tab, '?return_to=/one'),
    untilCallback(world, tab, '?return_to=/two'),
  ])
  t.equal((await tab.get(one)).hops.at(-1), `${publicUrl}/one`)
  t.equal((await tab.get(two)).hops.at(-1), `${publicUrl}/two`)
})

t.test('sign-ins that nobody finished are given up, the oldest first', async (t) => {
  newAthlete(world)
  const tab = browser()
  const first = await untilCallback(world, tab)
  const rest: URL[] = []
  for (let count = 0; count < 8; count += 1) rest.push(await untilCallback(world, tab))
  t.equal((await tab.get(first, { headers: JSON_ONLY })).status, 400)
  const [second = first] = rest
  t.equal((await tab.get(second, { follow: false })).status, 303)
})

t.test('who comes back gets a new session, and nothing is fetched again', async (t) => {
  const id = newAthlete(world)
  const { tab } = await signIn(world, id)
  const first = sessionOf(tab)
  const [before] = await athleteRow(id)
  await eventually(async () => (await db.$count(outbox)) === 0)

  await clock.advance(60_000)
  await signIn(world, id, tab)
  t.not(sessionOf(tab), first)
  t.match(await verified(sessionOf(tab)), { athleteId: id })
  t.same((await athleteRow(id))[0]?.connectedAt, before?.connectedAt, 'it is the same connection')
  t.equal(await db.$count(outbox), 0, 'no event')
  t.equal(jobsOf(id).length, 1, 'no job')
})

t.test('a session that someone else planted is replaced', async (t) => {
  const id = newAthlete(world)
  const tab = browser()
  tab.cookies.set('127.0.0.1', 'ikigai_session', 'planted')
  await signIn(world, id, tab)
  t.match(await verified(sessionOf(tab)), { athleteId: id })
})

t.test('an athlete whose grant was dead, or who allows something else now, is imported anew', async (t) => {
  const id = newAthlete(world)
  const { tab } = await signIn(world, id)
  const connectedAt = async () => (await athleteRow(id))[0]?.connectedAt.getTime() ?? 0
  const first = await connectedAt()
  await clock.advance(1_000)
  await db.update(athletes).set({ grantState: 'needs_reauthorization' }).where(eq(athletes.id, id))
  await signIn(world, id, tab)
  t.match(await athleteRow(id), [{ grantState: 'active' }])
  const second = await connectedAt()
  t.ok(second > first, 'a connection begins, whose import is another one')
  await clock.advance(1_000)
  await db
    .update(athletes)
    .set({ scopes: ['read', 'activity:read'] })
    .where(eq(athletes.id, id))
  await signIn(world, id, tab)
  t.same((await athleteRow(id))[0]?.scopes, ['read', 'activity:read', 'activity:read_all'])
  t.ok((await connectedAt()) > second)
  t.equal(jobsOf(id).length, 3)
})

t.test('only scopes that ikigai knows are stored, and only other reading rights import anew', async (t) => {
  const id = newAthlete(world)
  const tab = browser()
  const returningWith = async (scope: string) => {
    const callback = await untilCallback(world, tab)
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

t.test('an athlete has a budget of first pages in a day, which an erasure does not give back', async (t) => {
  const id = newAthlete(world)
  const lanes: string[] = []
  for (let round = 0; round < 6; round += 1) {
    await signIn(world, id)
    await eventually(() => requestsOf(id).length === round + 1)
    const body: unknown = requestsOf(id).at(-1)?.json()
    lanes.push(isValid(FETCH_REQUESTS.signup, body) && body.urgent === false ? 'backfill' : 'signup')
    await request(bus, INTERNAL_API.athleteDisconnect, { athlete_id: id })
    t.equal(await db.$count(athletes, eq(athletes.id, id)), 0)
  }
  t.same(lanes, ['signup', 'signup', 'signup', 'backfill', 'backfill', 'backfill'])
  const kept = await db.select().from(budgets)
  t.notMatch(JSON.stringify(kept), id, 'the budget names nobody')
  const other = newAthlete(world)
  await signIn(world, other)
  t.equal(jobsOf(other).length, 1, 'another athlete is served as ever')
  await clock.advance(86_400_000)
  const before = jobsOf(id).length
  await signIn(world, id)
  t.equal(jobsOf(id).length, before + 1, 'the next day there is a new budget')
})

t.test('two sign-ins of a new athlete at once make one account and one import', async (t) => {
  const id = newAthlete(world)
  const replica = await world.replica()
  const tabs = [browser(), browser(), browser()]
  const callbacks = await Promise.all(tabs.map((tab) => untilCallback(world, tab)))
  const answers = await Promise.all(
    callbacks.map(({ pathname, search }, index) => {
      const origin = index === 0 ? replica.url : publicUrl
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

t.test('the first page is asked for again by whoever waits', async (t) => {
  await standIn.stop()
  newAthlete(world)
  const tab = browser()
  const { pathname, search } = await untilCallback(world, tab)
  const answering = tab.get(`${publicUrl}${pathname}${search}`, { follow: false })
  const jsm = await bus.nc.jetstreamManager()
  const stored = async () => (await jsm.streams.info(STREAMS.fetch)).state.messages
  await eventually(async () => (await stored()) === 1)
  await jsm.streams.purge(STREAMS.fetch)
  await eventually(async () => {
    await clock.advance(1_000)
    return (await stored()) > 0
  })
  const again = world.answerSignUps('stored')
  t.equal((await answering).status, 303)
  await again.stop()
})

t.test('the first page is waited for, but not for ever', async (t) => {
  const impatient = await world.replica({ SIGNUP_WAIT: '1ms' })
  const id = newAthlete(world)
  const tab = browser()
  const { pathname, search } = await untilCallback(world, tab)
  const answer = await tab.get(`${impatient.url}${pathname}${search}`, { follow: false })
  t.equal(answer.status, 303)
  t.match(await verified(sessionOf(tab)), { athleteId: id })

  world.answerSignUps('waiting')
  const { page } = await signIn(world, newAthlete(world))
  t.equal(page.hops.at(-1), `${publicUrl}/`, 'told that it waits, one goes on at once')
})

t.test('an account’s beginning that cannot be is passed over, and hinders nobody', async (t) => {
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
