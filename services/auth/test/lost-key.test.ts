import { randomBytes } from 'node:crypto'
import { INTERNAL_API, request } from '@ikigai/bus'
import { athletes, grants, pendingErasures } from '@ikigai/db'
import { eventually } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { newAthlete, signIn, startHarness } from './harness.ts'

const DAY_MS = 86_400_000

t.test(
  'lost key: reported; affected grants can be replaced by a sign-in, erased or deauthorized',
  async (t) => {
    const harness = await startHarness(t)
    const { db, bus, strava } = harness
    const { admin } = strava
    const [returning, leaving, reported] = [newAthlete(harness), newAthlete(harness), newAthlete(harness)]
    const [quiet, owing] = [newAthlete(harness), newAthlete(harness)]
    for (const id of [returning, leaving, reported, quiet, owing]) await signIn(harness, id)
    const fault = admin.addFault({ kind: 'error', status: 503, route: 'revoke' })
    t.same(await request(bus, INTERNAL_API.athleteDisconnect, { athlete_id: owing }, 20_000), {
      revoked: false,
    })
    admin.removeFault(fault.id)
    await harness.auth.stop()

    // With the same id, as a launcher would generate it again.
    const auth = await harness.replica({
      PORT: new URL(harness.publicUrl).port,
      TOKEN_ENCRYPTION_KEYS: `t1:${randomBytes(32).toString('base64')}`,
    })
    const grantOf = async (id: string) => (await db.select().from(grants).where(eq(grants.athleteId, id)))[0]
    const stateOf = async (id: string) =>
      (await db.select().from(athletes).where(eq(athletes.id, id)))[0]?.grantState
    const metrics = async () => (await fetch(`${auth.urls.admin}/metrics`)).text()

    await eventually(async () =>
      /^ikigai_sealed_values_unreadable\{table="grants",service="auth"\} 4$/m.test(await metrics()),
    )
    t.match(
      await metrics(),
      /^ikigai_sealed_values_unreadable\{table="pending_erasures",service="auth"\} 1$/m,
    )
    t.match(
      harness.logs
        .lines()
        .find(({ level, msg }) => level === 'error' && String(msg).includes('TOKEN_ENCRYPTION_KEYS')),
      { table: 'grants', count: 4 },
      'reported at start',
    )
    t.equal(await stateOf(quiet), 'needs_reauthorization', 'and so are the athletes')
    t.same(await request(bus, INTERNAL_API.grantToken, { athlete_id: quiet }), {
      state: 'needs_reauthorization',
    })

    const { page } = await signIn(harness, returning)
    t.ok(page.status < 500, `sign-in: ${page.status}`)
    t.match(await request(bus, INTERNAL_API.grantToken, { athlete_id: returning }), { state: 'active' })
    t.match(await grantOf(returning), { unreadableAt: null })
    t.equal(await stateOf(returning), 'active')

    t.same(await request(bus, INTERNAL_API.athleteDisconnect, { athlete_id: leaving }, 20_000), {
      revoked: false,
    })
    t.equal(await grantOf(leaving), undefined)

    admin.deauthorizeAthlete(reported)
    t.same(await request(bus, INTERNAL_API.grantVerify, { athlete_id: reported }, 20_000), {
      state: 'blocked',
    })
    t.match(await grantOf(reported), { reportedAt: Date })
    await harness.clock.jump(8 * DAY_MS)
    // During a recheck the next one is due in ten minutes (its lease), afterwards in an hour.
    await eventually(
      async () => {
        const { recheckAt } = (await grantOf(reported)) ?? {}
        return (recheckAt?.getTime() ?? 0) - harness.clock.now() > DAY_MS / 48
      },
      { what: 'rechecked, and kept: our clock alone erases nothing' },
    )
    const longAgo = new Date(Date.now() - 8 * DAY_MS)
    await db
      .update(grants)
      .set({ blockedAt: longAgo, reportedAt: longAgo, recheckAt: longAgo })
      .where(eq(grants.athleteId, reported))
    await eventually(
      async () => {
        await harness.clock.jump(DAY_MS / 24)
        return (await grantOf(reported)) === undefined
      },
      { what: 'the grace period is over' },
    )
    t.ok(await grantOf(quiet), 'without a report an unreadable grant is kept')

    await eventually(async () => (await db.$count(pendingErasures)) === 1, {
      what: 'what is owed under the lost key holds nothing else up',
    })
  },
)
