import { INTERNAL } from '@ikigai/bus'
import { sessionRevocations } from '@ikigai/db'
import { createRevocations, createSessionVerifier } from '@ikigai/sessions'
import { browser, eventually } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { HTML, JSON_ONLY, newAthlete, sessionOf, signIn, startHarness } from './harness.ts'

const harness = await startHarness(t)
const { db, bus, clock, config, publicUrl } = harness
const LOGOUT = `${publicUrl}/auth/logout`

/** Headers of a form submission from a page of the site. */
const OWN_PAGE = { 'sec-fetch-site': 'same-origin' }

async function sessionBehind(token = '') {
  const revocations = createRevocations({ clock })
  const session = await createSessionVerifier({ keys: config.sessionKeys, clock, revocations }).verify(token)
  if (session === undefined) throw new Error('no session')
  return session
}
const revoked = (sid: string) =>
  db.select().from(sessionRevocations).where(eq(sessionRevocations.sessionId, sid))

let announced = 0
bus.nc.subscribe(INTERNAL.sessionRevoked, {
  callback: () => {
    announced += 1
  },
})
await bus.ping()

t.test('sign-out: in a browser it revokes, notifies and clears the cookie', async (t) => {
  const { tab } = await signIn(harness, newAthlete(harness))
  const { sid, expiresAtMs } = await sessionBehind(sessionOf(tab))
  const before = announced
  const page = await tab.post(LOGOUT, { headers: { ...HTML, ...OWN_PAGE }, form: {}, follow: false })
  t.equal(page.status, 303)
  t.match(Object.fromEntries(page.headers), { location: '/', 'cache-control': 'no-store' })
  t.equal(sessionOf(tab), undefined)
  t.match(await revoked(sid), [{ expiresAt: new Date(expiresAtMs), athleteId: null }])
  await eventually(() => announced > before)
})

t.test('sign-out: by bearer token, repeatable; other sessions continue', async (t) => {
  const id = newAthlete(harness)
  const [{ tab: one }, { tab: other }] = [await signIn(harness, id), await signIn(harness, id)]
  const { sid } = await sessionBehind(sessionOf(one))
  const headers = { ...JSON_ONLY, authorization: `Bearer ${sessionOf(one)}` }
  for (const _ of [1, 2]) t.equal((await browser().post(LOGOUT, { headers })).status, 204)
  t.equal((await revoked(sid)).length, 1)
  t.same(await revoked((await sessionBehind(sessionOf(other))).sid), [])
})

t.test('sign-out: rejects cross-site requests', async (t) => {
  const { tab } = await signIn(harness, newAthlete(harness))
  const { sid } = await sessionBehind(sessionOf(tab))
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
    const page = await tab.post(LOGOUT, { headers: { ...JSON_ONLY, ...headers }, form: {} })
    t.equal(page.status, 403)
    t.match(page.json(), { type: '/problems/cross-site-request' })
  }
  t.ok(sessionOf(tab))
  t.same(await revoked(sid), [])
})

t.test('sign-out: without a valid session it does nothing', async (t) => {
  const count = await db.$count(sessionRevocations)
  t.equal((await browser().post(LOGOUT, { headers: JSON_ONLY })).status, 204)
  const headers = { ...JSON_ONLY, authorization: 'Bearer a.b.c' }
  t.equal((await browser().post(LOGOUT, { headers })).status, 204)
  t.equal(await db.$count(sessionRevocations), count)
})

t.test('sign-out: reports no success while PostgreSQL fails', async (t) => {
  const { tab } = await signIn(harness, newAthlete(harness))
  await db.execute('alter table session_revocations rename to away')
  const page = await tab.post(LOGOUT, { headers: { ...JSON_ONLY, ...OWN_PAGE } })
  await db.execute('alter table away rename to session_revocations')
  t.equal(page.status, 500)
  t.ok(sessionOf(tab), 'the cookie stays, to try again')
  t.equal((await tab.post(LOGOUT, { headers: { ...JSON_ONLY, ...OWN_PAGE } })).status, 204)
  t.equal(sessionOf(tab), undefined)
})
