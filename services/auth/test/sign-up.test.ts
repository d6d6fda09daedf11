import { createHash } from 'node:crypto'
import { allowedAthletes, athletes, capacityRefusals, invitations, pendingErasures } from '@ikigai/db'
import { type Browser, browser, eventually } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t, { type Test } from 'tap'
import type { Auth } from '../src/app.ts'
import { HTML, JSON_ONLY, newAthlete, sessionOf, signIn, startHarness, untilCallback } from './harness.ts'

const harness = await startHarness(t)
const { db, strava, clock } = harness
const hasAccount = async (id: string) => (await db.$count(athletes, eq(athletes.id, id))) === 1

const withSettings = (env: Readonly<Record<string, string>>) => harness.replica(env)

/** Signs in at another replica, following each redirect. */
async function visit(auth: Auth, tab = browser(), query = '', headers: Record<string, string> = JSON_ONLY) {
  const login = await tab.get(`${auth.urls.http}/auth/login${query}`, { headers, follow: false })
  if (login.status !== 302) return login
  const decided = await tab.get(login.headers.get('location') ?? '', { follow: false })
  const { search } = new URL(decided.headers.get('location') ?? '')
  return tab.get(`${auth.urls.http}/auth/callback${search}`, { headers, follow: false })
}

async function invite(uses: number, days = 1): Promise<string> {
  const token = `ikigai_inv_${Math.random()}`
  const now = clock.now()
  await db.insert(invitations).values({
    id: token.slice(-8),
    tokenHash: createHash('sha256').update(token).digest('hex'),
    maxUses: uses,
    createdAt: new Date(now),
    expiresAt: new Date(now + days * 86_400_000),
  })
  return `?invitation=${token}`
}

/** Asserts that no account exists and the grant at Strava is revoked. */
async function leftNothing(t: Test, id: string) {
  t.notOk(await hasAccount(id))
  await eventually(async () => strava.admin.tokens(id) === undefined)
  await eventually(async () => (await db.$count(pendingErasures)) === 0)
}

t.test('sign-up by invitation: a link is valid for its number of accounts, also concurrently', async (t) => {
  const auth = await withSettings({ SIGN_UP: 'invite' })
  const link = await invite(2)
  const statuses: number[] = []
  for (let n = 0; n < 3; n += 1) {
    const id = newAthlete(harness)
    const answer = await visit(auth, browser(), link)
    statuses.push(answer.status)
    if (answer.status === 303) t.ok(await hasAccount(id))
    else {
      t.match(answer.json(), { type: '/problems/invitation-invalid', status: 403 })
      await leftNothing(t, id)
    }
  }
  t.same(statuses, [303, 303, 403])

  const callbacks: (() => Promise<number>)[] = []
  const once = await invite(1)
  for (let n = 0; n < 4; n += 1) {
    newAthlete(harness)
    const tab = browser()
    const { search } = await untilCallback({ ...harness, publicUrl: auth.urls.http }, tab, once)
    callbacks.push(async () => {
      const url = `${auth.urls.http}/auth/callback${search}`
      return (await tab.get(url, { headers: JSON_ONLY, follow: false })).status
    })
  }
  const answers = await Promise.all(callbacks.map((call) => call()))
  t.same(answers.sort(), [303, 403, 403, 403], 'one account of four attempts at the same time')
})

t.test('sign-up by invitation: refused without one, or with an expired one', async (t) => {
  const auth = await withSettings({ SIGN_UP: 'invite' })
  const id = newAthlete(harness)
  t.match(
    (await visit(auth)).json(),
    { type: '/problems/invitation-required' },
    'a program gets it after Strava',
  )
  await leftNothing(t, id)

  const before = harness.calls('token')
  const page = await visit(auth, browser(), '', HTML)
  t.equal(page.status, 403, 'a browser is shown it before Strava')
  t.match(page.body, '<h1>New accounts need an invitation</h1>')
  t.match(page.body, /href="\/auth\/login\?return_to=%2F&amp;known=true"/)
  const link = await invite(1)
  await clock.advance(86_400_001)
  t.match((await visit(auth, browser(), link, HTML)).body, '<h1>This invitation is no longer valid</h1>')
  t.equal(harness.calls('token'), before, 'Strava was not asked')

  const fresh = await invite(1)
  strava.admin.configure({ autoApprove: { athleteId: id, decision: 'deny' } })
  const tab = browser()
  const denied = await visit(auth, tab, fresh, HTML)
  const explained = await tab.get(`${auth.urls.http}${denied.headers.get('location')}`, { headers: HTML })
  t.match(explained.body, 'invitation=ikigai_inv_', 'trying again keeps the invitation')
})

t.test('sign-up: an athlete with an account can sign in in every mode', async (t) => {
  const id = newAthlete(harness)
  t.equal((await visit(harness.auth)).status, 303)
  for (const env of [{ SIGN_UP: 'invite' }, { SIGN_UP: 'allow-list' }, { STRAVA_ATHLETE_LIMIT: '1' }]) {
    const auth = await withSettings(env)
    const tab = browser()
    strava.admin.configure({ autoApprove: { athleteId: id } })
    t.equal((await visit(auth, tab)).status, 303, JSON.stringify(env))
    t.ok(sessionOf(tab))
    t.equal((await visit(auth, browser(), '?known=true', HTML)).status, 303, 'and by the link on the page')
  }
})

t.test('sign-up by list: only listed athletes, until they are erased', async (t) => {
  const auth = await withSettings({ SIGN_UP: 'allow-list' })
  const stranger = newAthlete(harness)
  t.match((await visit(auth)).json(), { type: '/problems/sign-up-not-allowed', status: 403 })
  await leftNothing(t, stranger)
  t.match((await visit(auth, browser(), await invite(5))).json(), { type: '/problems/sign-up-not-allowed' })
  t.match((await visit(auth, browser(), '', HTML)).body, 'or am on the list: continue with Strava')

  const listed = newAthlete(harness)
  await db.insert(allowedAthletes).values({ athleteId: listed, allowedAt: new Date(clock.now()) })
  t.equal((await visit(auth)).status, 303)
  const { INTERNAL_API, request } = await import('@ikigai/bus')
  await request(harness.bus, INTERNAL_API.athleteDisconnect, { athlete_id: listed })
  t.equal(await db.$count(allowedAthletes), 0, 'an erasure leaves no id on the list')
})

t.test(
  'athlete limit: shown before Strava, exact under concurrency, and a freed place can be taken',
  async (t) => {
    const connected = await db.$count(athletes)
    const auth = await withSettings({ STRAVA_ATHLETE_LIMIT: String(connected + 1) })
    const metrics = async () => (await fetch(`${auth.urls.admin}/metrics`)).text()
    t.match(await metrics(), new RegExp(`ikigai_athletes\\{.*\\} ${connected}\n`))
    t.match(await metrics(), new RegExp(`ikigai_athlete_limit\\{.*\\} ${connected + 1}\n`))
    const visitors: { readonly url: string; readonly tab: Browser }[] = []
    for (let n = 0; n < 3; n += 1) {
      newAthlete(harness)
      const tab = browser()
      const { search } = await untilCallback({ ...harness, publicUrl: auth.urls.http }, tab)
      visitors.push({ tab, url: `${auth.urls.http}/auth/callback${search}` })
    }
    const answers = await Promise.all(
      visitors.map(({ tab, url }) => tab.get(url, { headers: JSON_ONLY, follow: false })),
    )
    t.same(answers.map(({ status }) => status).sort(), [303, 503, 503], 'the last place is taken once')
    const page = await visit(auth, browser(), '', HTML)
    t.equal(page.status, 503)
    t.match(page.body, 'No more athletes can connect')
    t.match(page.body, 'I have an account: continue with Strava')

    const { INTERNAL_API, request } = await import('@ikigai/bus')
    const [someone] = await db.select({ id: athletes.id }).from(athletes).limit(1)
    await request(harness.bus, INTERNAL_API.athleteDisconnect, { athlete_id: someone?.id ?? '' })
    newAthlete(harness)
    t.equal((await visit(auth, browser(), '', HTML)).status, 303)
  },
)

t.test(
  'athlete limit: learnt from a refusal of Strava, and forgotten after a successful sign-up',
  async (t) => {
    strava.admin.configure({ athleteCapacity: 0 })
    t.teardown(() => strava.admin.configure({ athleteCapacity: null }))
    newAthlete(harness)
    t.match((await visit(harness.auth)).json(), { type: '/problems/athlete-capacity', status: 503 })
    t.match(await db.select().from(capacityRefusals), [{ connected: await db.$count(athletes) }])
    const before = harness.calls('token')
    t.equal((await visit(harness.auth, browser(), '', HTML)).status, 503)
    t.equal(harness.calls('token'), before, 'the next one is refused before Strava')
    strava.admin.configure({ athleteCapacity: null })
    t.equal((await visit(harness.auth)).status, 303)
    t.equal(await db.$count(capacityRefusals), 0)
    const { page } = await signIn(harness, newAthlete(harness))
    t.notMatch(page.url, 'refused')
  },
)
