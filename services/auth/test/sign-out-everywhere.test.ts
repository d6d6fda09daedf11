import { appConnections, athletes, personalTokens, sessionRevocations } from '@ikigai/db'
import { createRevocations, createSessionVerifier } from '@ikigai/sessions'
import { browser } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { HTML, JSON_ONLY, newAthlete, sessionOf, signIn, startHarness } from './harness.ts'

const harness = await startHarness(t)
const { db, clock, config, publicUrl } = harness
const EVERYWHERE = `${publicUrl}/auth/logout/everywhere`
const OWN_PAGE = { 'sec-fetch-site': 'same-origin' }

/** Whether a gateway that has read the revocations accepts a session. */
async function isLetIn(token = ''): Promise<boolean> {
  const revocations = createRevocations({ clock })
  for (const { sessionId, athleteId, sessionsOnly, revokedAt, expiresAt } of await db
    .select()
    .from(sessionRevocations)) {
    if (sessionId !== null) revocations.revokeSession(sessionId, expiresAt.getTime())
    else if (sessionsOnly) revocations.revokeSessionsOf(athleteId ?? '', revokedAt.getTime())
    else revocations.revokeAthlete(athleteId ?? '', revokedAt.getTime())
  }
  const verifier = createSessionVerifier({ keys: config.sessionKeys, clock, revocations })
  return (await verifier.verify(token)) !== undefined
}

/** Connects an app and creates a personal access token for the athlete. */
async function addAccess(athleteId: string): Promise<void> {
  const now = new Date(clock.now())
  const expiresAt = new Date(clock.now() + 86_400_000)
  await db.insert(appConnections).values({
    id: `connection-${athleteId}`,
    appId: 'docs',
    athleteId,
    scopes: ['activities:read'],
    connectedAt: now,
    lastUsedAt: now,
    expiresAt,
  })
  await db.insert(personalTokens).values({
    id: `token-${athleteId}`,
    tokenHash: `hash-${athleteId}`,
    athleteId,
    name: 'script',
    scopes: ['activities:read'],
    createdAt: now,
    expiresAt,
  })
}
const accessOf = async (athleteId: string) => [
  await db.$count(appConnections, eq(appConnections.athleteId, athleteId)),
  await db.$count(personalTokens, eq(personalTokens.athleteId, athleteId)),
]

t.test('sign-out everywhere: ends every session of the athlete, and no other', async (t) => {
  const [id, other] = [newAthlete(harness), newAthlete(harness)]
  const [{ tab: laptop }, { tab: phone }, { tab: theirs }] = [
    await signIn(harness, id),
    await signIn(harness, id),
    await signIn(harness, other),
  ]
  await addAccess(id)
  const [here, there, elsewhere] = [sessionOf(laptop), sessionOf(phone), sessionOf(theirs)]
  const page = await laptop.post(EVERYWHERE, { headers: { ...HTML, ...OWN_PAGE }, form: {}, follow: false })
  t.equal(page.status, 303)
  t.equal(sessionOf(laptop), undefined)
  t.notOk(await isLetIn(here))
  t.notOk(await isLetIn(there))
  t.ok(await isLetIn(elsewhere))
  t.same(await accessOf(id), [1, 1], 'apps and tokens continue')
  t.equal(await db.$count(athletes, eq(athletes.id, id)), 1)
  await clock.advance(1)
  const { tab: again } = await signIn(harness, id)
  t.ok(await isLetIn(sessionOf(again)), 'a later sign-in')
})

t.test('sign-out everywhere: with apps=true ends connections and personal access tokens too', async (t) => {
  const id = newAthlete(harness)
  const { tab } = await signIn(harness, id)
  await addAccess(id)
  const token = sessionOf(tab)
  const page = await tab.post(EVERYWHERE, { headers: { ...JSON_ONLY, ...OWN_PAGE }, form: { apps: 'true' } })
  t.equal(page.status, 204)
  t.notOk(await isLetIn(token))
  t.same(await accessOf(id), [0, 0])
  for (const sessionId of [`connection-${id}`, `token-${id}`])
    t.equal(await db.$count(sessionRevocations, eq(sessionRevocations.sessionId, sessionId)), 1, sessionId)
})

t.test('sign-out everywhere: rejects other sites, and ignores a revoked session', async (t) => {
  const id = newAthlete(harness)
  const [{ tab: stolen }, { tab: own }] = [await signIn(harness, id), await signIn(harness, id)]
  const token = sessionOf(stolen)
  const crossSite = await own.post(EVERYWHERE, {
    headers: { ...JSON_ONLY, 'sec-fetch-site': 'cross-site' },
    form: {},
  })
  t.equal(crossSite.status, 403)
  await stolen.post(`${publicUrl}/auth/logout`, { headers: { ...JSON_ONLY, ...OWN_PAGE }, form: {} })
  const headers = { ...JSON_ONLY, authorization: `Bearer ${token}` }
  t.equal((await browser().post(EVERYWHERE, { headers })).status, 204)
  t.ok(await isLetIn(sessionOf(own)))
})
