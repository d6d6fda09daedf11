import { createHash } from 'node:crypto'
import { INTERNAL_API, request, STREAMS } from '@ikigai/bus'
import { athletes, grants, pendingErasures } from '@ikigai/db'
import { eventually } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { newAthlete, signIn, startHarness } from './harness.ts'

const HOUR_MS = 3_600_000
/** Number of sleeping tasks of two idle replicas: pending erasures, resealing, rechecks, cleanup. */
const LOOPS = 2 * 4
const harness = await startHarness(t, { GRANT_GRACE_PERIOD: '3d' })
await harness.replica()
const { db, bus, strava, clock } = harness
const { admin } = strava

t.beforeEach(() => {
  admin.clearFaults()
})

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const tokenOf = (id: string, rejected?: string) =>
  request(
    bus,
    INTERNAL_API.grantToken,
    rejected === undefined ? { athlete_id: id } : { athlete_id: id, rejected_token_sha256: sha256(rejected) },
    20_000,
  )
const verify = (id: string) => request(bus, INTERNAL_API.grantVerify, { athlete_id: id }, 20_000)
const prove = (id: string, token: string, answer: 'accepted' | 'rejected', at: number | null = clock.now()) =>
  request(
    bus,
    INTERNAL_API.grantProof,
    { athlete_id: id, token_sha256: sha256(token), answer, answered_at: at },
    20_000,
  )
const grantOf = async (id: string) => {
  const [row] = await db.select().from(grants).where(eq(grants.athleteId, id))
  if (row === undefined) throw new Error('no grant')
  return row
}
const athleteOf = async (id: string) => (await db.select().from(athletes).where(eq(athletes.id, id)))[0]
const isHere = async (id: string) => (await athleteOf(id)) !== undefined
const stateOf = async (id: string) => (await athleteOf(id))?.grantState
const connected = async () => {
  const id = newAthlete(harness)
  await signIn(harness, id)
  return id
}
/** Ends a grant at Strava without an event. */
const endAtStrava = (id: string) => {
  admin.deauthorizeAthlete(id)
}
const accessTokenOf = (id: string) => admin.tokens(id)?.accessToken ?? ''

/** Advances the clock in steps until the condition holds. @returns whether it did within `days` */
async function pass(days: number, until: () => Promise<boolean>, stepHours = 6): Promise<boolean> {
  for (let hours = 0; hours < days * 24; hours += stepHours) {
    await clock.untilSleeping(LOOPS)
    await clock.jump(stepHours * HOUR_MS)
    await clock.untilSleeping(LOOPS)
    if (await until()) return true
  }
  return false
}

t.test('grant verification: a refresh contradicts a report about an active grant', async (t) => {
  const id = await connected()
  const before = harness.calls('refresh')
  t.same(await verify(id), { state: 'active' })
  t.equal(harness.calls('refresh') - before, 1)
  t.match(await grantOf(id), { blockedAt: null, reportedAt: null, refreshBegunAt: null })
  t.same(await verify('4711'), { state: 'unknown' })
})

t.test('grant verification: a rejected valid access token proves the end and erases at once', async (t) => {
  const id = await connected()
  const token = accessTokenOf(id)
  endAtStrava(id)
  t.same(await verify(id), { state: 'provable', access_token: token })
  t.equal(await stateOf(id), 'needs_reauthorization', 'the refusal alone erases nothing')
  t.same(await prove(id, token, 'rejected'), { state: 'erased' })
  t.notOk(await isHere(id))
  t.same(await prove(id, token, 'rejected'), { state: 'unknown' })
})

t.test(
  'grant verification: after a lost answer, an accepted access token contradicts the report',
  async (t) => {
    const id = await connected()
    const token = accessTokenOf(id)
    admin.addFault({ kind: 'lost-response', route: 'refresh', count: 1 })
    t.same(await verify(id), { state: 'unavailable' })
    t.not((await grantOf(id)).refreshBegunAt, null, 'the mark stays')
    t.same(await verify(id), { state: 'provable', access_token: token })
    t.same(await prove(id, token, 'accepted'), { state: 'blocked' })
    t.match(await grantOf(id), { reportedAt: null }, 'the report is contradicted')
    t.equal(await stateOf(id), 'needs_reauthorization', 'and the athlete has to connect again')
    t.same(await tokenOf(id), { state: 'needs_reauthorization' })
    t.notOk(await pass(4, async () => !(await isHere(id))), 'still stored after the grace period')
    await signIn(harness, id)
    t.match(await tokenOf(id), { state: 'active' })
    t.match(await grantOf(id), { blockedAt: null, recheckAt: null, refreshBegunAt: null })
  },
)

t.test('grant verification: a refresh answered 5xx after rotation, then 400, blocks the grant', async (t) => {
  const id = await connected()
  const token = accessTokenOf(id)
  const { refreshToken } = admin.tokens(id) ?? { refreshToken: '' }
  admin.addFault({ kind: 'error', status: 503, route: 'refresh', count: 1 })
  t.same(await verify(id), { state: 'unavailable' })
  // Strava has replaced the refresh token although it answered 5xx.
  const url = `${strava.oauthUrl}/token`
  const form = { client_id: strava.clientId, client_secret: strava.clientSecret }
  const body = new URLSearchParams({ ...form, grant_type: 'refresh_token', refresh_token: refreshToken })
  t.equal((await fetch(url, { method: 'POST', body })).status, 200)
  t.same(await verify(id), { state: 'provable', access_token: token })
  t.same(await prove(id, token, 'accepted'), { state: 'blocked' })
  t.ok(await isHere(id))
})

t.test('grant verification: ignores answers that prove nothing', async (t) => {
  const id = await connected()
  const token = accessTokenOf(id)
  endAtStrava(id)
  t.same(await prove(id, token, 'rejected'), { state: 'active' }, 'not while the grant is not blocked')
  t.match(await tokenOf(id, token), { state: 'needs_reauthorization' })
  t.same(await prove(id, token, 'rejected'), { state: 'blocked' }, 'not without a report')
  t.same(await verify(id), { state: 'provable', access_token: token })
  t.same(await prove(id, 'another token', 'rejected'), { state: 'blocked' })
  t.same(await prove(id, token, 'rejected', null), { state: 'blocked' }, 'without Strava’s clock')
  const late = (await grantOf(id)).expiresAt.getTime() - HOUR_MS
  t.same(await prove(id, token, 'rejected', late), { state: 'blocked' }, 'a token near its end')
  t.ok(await isHere(id))
  await clock.jump(5 * HOUR_MS)
  t.same(await verify(id), { state: 'blocked' }, 'such a token is not offered as proof')
})

t.test('grant expiry: reported without proof, blocked, erased after the grace period', async (t) => {
  const id = await connected()
  await clock.jump(7 * HOUR_MS)
  endAtStrava(id)
  t.same(await verify(id), { state: 'blocked' }, 'no access token is valid')
  t.match(await grantOf(id), { reportedAt: Date, blockedAt: Date })
  t.notOk(await pass(2.75, async () => !(await isHere(id))))
  t.ok(await pass(1, async () => !(await isHere(id))), 'three days have passed')
  await eventually(async () => (await db.$count(pendingErasures)) === 0)
})

t.test('grant expiry: not reported, kept for thirty days', async (t) => {
  const id = await connected()
  await clock.jump(7 * HOUR_MS)
  endAtStrava(id)
  t.same(await tokenOf(id), { state: 'needs_reauthorization' })
  t.notOk(await pass(29, async () => !(await isHere(id))))
  t.ok(await pass(2, async () => !(await isHere(id))))
})

t.test('grant recheck: refreshes a blocked grant again within a day', async (t) => {
  const id = await connected()
  await clock.jump(7 * HOUR_MS)
  const body = { errors: [{ resource: 'RefreshToken', field: 'refresh_token', code: 'invalid' }] }
  admin.addFault({ kind: 'error', status: 400, route: 'refresh', body, count: 2 })
  t.same(await verify(id), { state: 'blocked' })
  t.ok(await pass(3, async () => (await stateOf(id)) === 'active'))
  t.match(await tokenOf(id), { state: 'active' })
  t.match(await grantOf(id), { blockedAt: null, reportedAt: null })
  const jsm = await bus.nc.jetstreamManager()
  for (const what of ['blocked', 'connected'])
    t.ok(
      await eventually(() =>
        jsm.streams.getMessage(STREAMS.events, { last_by_subj: `ikigai.v1.event.athlete.${what}.${id}` }),
      ),
      `other teams are notified: ${what}`,
    )
})

t.test('grant expiry: nothing is erased while Strava is unavailable', async (t) => {
  const id = await connected()
  await clock.jump(7 * HOUR_MS)
  endAtStrava(id)
  t.same(await verify(id), { state: 'blocked' })
  const fault = admin.addFault({ kind: 'error', status: 503, route: 'refresh' })
  t.notOk(await pass(5, async () => !(await isHere(id))))
  admin.removeFault(fault.id)
  t.ok(await pass(1, async () => !(await isHere(id))))
})

t.test('restored database: grants are blocked, and athletes not erased', async (t) => {
  const id = await connected()
  const backup = await grantOf(id)
  await clock.jump(6 * HOUR_MS)
  t.match(await tokenOf(id), { state: 'active' })
  await db.update(grants).set(backup).where(eq(grants.athleteId, id))
  t.same(await tokenOf(id), { state: 'needs_reauthorization' })
  t.same(await verify(id), { state: 'blocked' })
  t.ok(await isHere(id))
})

t.test(
  'refresh: with two replicas and a report at once, one at a time, each with the newest token',
  async (t) => {
    const id = await connected()
    for (let round = 0; round < 3; round += 1) {
      await clock.jump(6 * HOUR_MS)
      const answers = await Promise.all([
        ...Array.from({ length: 6 }, () => tokenOf(id)),
        verify(id),
        verify(id),
      ])
      t.ok(answers.every(({ state }) => state === 'active'))
    }
    t.match(await grantOf(id), { blockedAt: null, refreshBegunAt: null })
  },
)

t.test(
  'access token: one that Strava rejects and issues again is confirmed once, not in a loop',
  async (t) => {
    const id = await connected()
    const token = accessTokenOf(id)
    const before = harness.calls('refresh')
    for (let n = 0; n < 20; n += 1)
      t.match(await tokenOf(id, token), { state: 'active', access_token: token })
    t.equal(harness.calls('refresh') - before, 1)
    await clock.advance(600_000)
    t.match(await tokenOf(id, token), { state: 'active', access_token: token })
    t.equal(harness.calls('refresh') - before, 2, 'ten minutes later it is refreshed again')
    endAtStrava(id)
    await clock.advance(600_000)
    t.same(await tokenOf(id, token), { state: 'needs_reauthorization' }, 'so an ended grant is noticed')
  },
)
