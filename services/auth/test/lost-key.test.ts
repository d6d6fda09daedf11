import { randomBytes } from 'node:crypto'
import { INTERNAL_API, request } from '@ikigai/bus'
import { athletes, grants, revocationsDue } from '@ikigai/db'
import { eventually } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { newAthlete, signIn, startWorld } from './world.ts'

const DAY_MS = 86_400_000

t.test('the key ring is lost: told, replaced by a sign-in, erased, deauthorized', async (t) => {
  const world = await startWorld(t)
  const { db, bus, strava } = world
  const { admin } = strava
  const [returning, leaving, reported] = [newAthlete(world), newAthlete(world), newAthlete(world)]
  const [quiet, owing] = [newAthlete(world), newAthlete(world)]
  for (const id of [returning, leaving, reported, quiet, owing]) await signIn(world, id)
  const fault = admin.addFault({ kind: 'error', status: 503, route: 'revoke' })
  t.same(await request(bus, INTERNAL_API.athleteDisconnect, { athlete_id: owing }, 20_000), {
    revoked: false,
  })
  admin.removeFault(fault.id)
  await world.auth.stop()

  // Of the same name, as a launcher would make it up again.
  const auth = await world.replica({
    PORT: new URL(world.publicUrl).port,
    TOKEN_ENCRYPTION_KEYS: `t1:${randomBytes(32).toString('base64')}`,
  })
  const grantOf = async (id: string) => (await db.select().from(grants).where(eq(grants.athleteId, id)))[0]
  const stateOf = async (id: string) =>
    (await db.select().from(athletes).where(eq(athletes.id, id)))[0]?.grantState
  const metrics = async () => (await fetch(`${auth.adminUrl}/metrics`)).text()

  await eventually(async () => /^sealed_unreadable\{what="grants",service="auth"\} 4$/m.test(await metrics()))
  t.match(await metrics(), /^sealed_unreadable\{what="debts",service="auth"\} 1$/m)
  t.match(
    world.logs
      .lines()
      .find(({ level, msg }) => level === 'error' && String(msg).includes('TOKEN_ENCRYPTION_KEYS')),
    { what: 'grants', count: 4 },
    'the operator is told at the start',
  )
  t.equal(await stateOf(quiet), 'needs_reauthorization', 'and so are the athletes')
  t.same(await request(bus, INTERNAL_API.grantToken, { athlete_id: quiet }), {
    state: 'needs_reauthorization',
  })

  const { page } = await signIn(world, returning)
  t.ok(page.status < 500, `sign-in: ${page.status}`)
  t.match(await request(bus, INTERNAL_API.grantToken, { athlete_id: returning }), { state: 'active' })
  t.match(await grantOf(returning), { unreadableAt: null })
  t.equal(await stateOf(returning), 'active')

  t.same(await request(bus, INTERNAL_API.athleteDisconnect, { athlete_id: leaving }, 20_000), {
    revoked: false,
  })
  t.equal(await grantOf(leaving), undefined)

  admin.deauthorizeAthlete(reported)
  t.same(await request(bus, INTERNAL_API.grantVerify, { athlete_id: reported }, 20_000), { state: 'blocked' })
  t.match(await grantOf(reported), { reportedAt: Date })
  await world.clock.advance(8 * DAY_MS)
  t.ok(await grantOf(reported), 'our clock alone erases nothing')
  const longAgo = new Date(Date.now() - 8 * DAY_MS)
  await db
    .update(grants)
    .set({ blockedAt: longAgo, reportedAt: longAgo, recheckAt: longAgo })
    .where(eq(grants.athleteId, reported))
  await world.clock.advance(DAY_MS / 24)
  await eventually(async () => (await grantOf(reported)) === undefined, { what: 'the grace period is over' })
  t.ok(await grantOf(quiet), 'without a report a grant that does not open stays')

  await eventually(async () => (await db.$count(revocationsDue)) === 1, {
    what: 'what is owed under the lost key holds nothing else up',
  })
})
