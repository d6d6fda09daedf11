import { INTERNAL_API, type InternalReply, request } from '@ikigai/bus'
import { athletes, grants, pendingErasures } from '@ikigai/db'
import { eventually } from '@ikigai/testkit'
import { eq, sql } from 'drizzle-orm'
import t from 'tap'
import { newAthlete, signIn, startHarness } from './harness.ts'

const HOUR_MS = 3_600_000
const key = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64')}`
const [K1, K2] = [key('t1', 1), key('t2', 2)]
/** Two replicas; each test has its own athletes. */
const harness = await startHarness(t, { TOKEN_ENCRYPTION_KEYS: `${K1},${K2}` })
await harness.replica()
const { db, bus, strava, clock } = harness

const tokenOf = (id: string) => request(bus, INTERNAL_API.grantToken, { athlete_id: id }, 20_000)
const grantOf = async (id: string) => (await db.select().from(grants).where(eq(grants.athleteId, id)))[0]
const stateOf = async (id: string) =>
  (await db.select().from(athletes).where(eq(athletes.id, id)))[0]?.grantState
async function connected(): Promise<string> {
  const id = newAthlete(harness)
  await signIn(harness, id)
  return id
}
const accessToken = (reply: InternalReply<'grantToken'>) =>
  reply.state === 'active' ? reply.access_token : undefined

t.test('access token: a valid one is returned without a call to Strava', async (t) => {
  const id = await connected()
  const before = harness.calls('refresh')
  const reply = await tokenOf(id)
  t.match(reply, {
    state: 'active',
    access_token: strava.admin.tokens(id)?.accessToken,
    scopes: ['read', 'activity:read', 'activity:read_all'],
  })
  t.equal(harness.calls('refresh'), before)
  t.same(await tokenOf('999999'), { state: 'unknown' })
})

t.test('access token: an expired one is refreshed once for all callers and replicas', async (t) => {
  const id = await connected()
  for (let round = 1; round <= 3; round += 1) {
    await clock.jump(6 * HOUR_MS)
    const before = harness.calls('refresh')
    const replies = await Promise.all(Array.from({ length: 40 }, () => tokenOf(id)))
    t.equal(harness.calls('refresh') - before, 1, `round ${round}: the refresh token has changed each time`)
    const current = strava.admin.tokens(id)?.accessToken
    t.ok(replies.every((reply) => accessToken(reply) === current))
  }
  t.equal(await stateOf(id), 'active')
})

t.test('access token: an outage of Strava does not change the grant', async (t) => {
  const id = await connected()
  const before = accessToken(await tokenOf(id))
  await clock.jump(6 * HOUR_MS - 200_000)
  const early = strava.admin.addFault({ kind: 'error', status: 503, route: 'refresh' })
  t.equal(accessToken(await tokenOf(id)), before, 'the old token is used while it is valid')
  strava.admin.removeFault(early.id)
  const faults = [
    { kind: 'error', status: 503, route: 'refresh' },
    { kind: 'error', status: 429, route: 'refresh' },
    // As for a wrong client secret: an error of ours, which must not block the athlete's grant.
    { kind: 'error', status: 401, route: 'refresh' },
    { kind: 'error', status: 403, route: 'refresh' },
    { kind: 'html', route: 'refresh' },
    { kind: 'drop', route: 'refresh' },
    { kind: 'truncate', route: 'refresh' },
  ] as const
  await clock.jump(HOUR_MS)
  strava.admin.configure({ refreshTokenRotation: 'never' })
  for (const fault of faults) {
    const { id: faultId } = strava.admin.addFault(fault)
    t.same(
      await tokenOf(id),
      { state: 'unavailable' },
      `${fault.kind} ${'status' in fault ? fault.status : ''}`,
    )
    const asked = harness.calls('refresh')
    t.same(await Promise.all([tokenOf(id), tokenOf(id)]), [
      { state: 'unavailable' },
      { state: 'unavailable' },
    ])
    t.ok(harness.calls('refresh') - asked <= 2, 'not at once again')
    t.equal(await stateOf(id), 'active')
    strava.admin.removeFault(faultId)
    await clock.advance(120_000)
  }
  const after = accessToken(await tokenOf(id))
  t.ok(after)
  t.not(after, before)
  strava.admin.configure({ refreshTokenRotation: 'always' })
})

t.test('refresh: a lost answer may block the grant, but deletes no data', async (t) => {
  const id = await connected()
  await clock.jump(6 * HOUR_MS)
  const fault = strava.admin.addFault({ kind: 'lost-response', route: 'refresh' })
  t.same(await tokenOf(id), { state: 'unavailable' })
  strava.admin.removeFault(fault.id)
  await clock.advance(120_000)
  t.same(await tokenOf(id), { state: 'needs_reauthorization' }, 'Strava takes the older token no more')
  const asked = harness.calls('refresh')
  t.same(await tokenOf(id), { state: 'needs_reauthorization' })
  t.equal(harness.calls('refresh'), asked, 'without another call')
  await signIn(harness, id)
  t.match(await tokenOf(id), { state: 'active' })
})

t.test('refresh: tokens of a restored backup are refused', async (t) => {
  const id = await connected()
  const old = await grantOf(id)
  if (old === undefined) return void t.fail('no grant')
  await clock.jump(6 * HOUR_MS)
  t.match(await tokenOf(id), { state: 'active' })
  await db.update(grants).set(old).where(eq(grants.athleteId, id))
  t.same(await tokenOf(id), { state: 'needs_reauthorization' })
})

t.test('access token: a rejected one is not returned again', async (t) => {
  const id = await connected()
  const refused = accessToken(await tokenOf(id)) ?? ''
  strava.admin.expireAccessTokens(id)
  const { createHash } = await import('node:crypto')
  const hash = createHash('sha256').update(refused).digest('hex')
  const reply = await request(
    bus,
    INTERNAL_API.grantToken,
    { athlete_id: id, rejected_token_sha256: hash },
    20_000,
  )
  t.not(accessToken(reply), refused)
  t.equal(accessToken(reply), strava.admin.tokens(id)?.accessToken)
})

t.test('refresh: new tokens survive a lost connection to PostgreSQL before the commit', async (t) => {
  const id = await connected()
  await clock.jump(6 * HOUR_MS)
  const slow = strava.admin.addFault({ kind: 'slow', latencyMs: 2_000, route: 'refresh' })
  const asked = harness.calls('refresh')
  const asking = tokenOf(id)
  await eventually(() => harness.calls('refresh') > asked)
  const killed = await db.execute(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'ikigai-auth-slow' and state like 'idle in transaction%'`)
  t.ok(killed.length > 0)
  const reply = await asking
  strava.admin.removeFault(slow.id)
  t.equal(accessToken(reply), strava.admin.tokens(id)?.accessToken)
  await clock.jump(6 * HOUR_MS)
  t.match(await tokenOf(id), { state: 'active' }, 'the new refresh token was stored')
})

t.test('sealed token: not used if it was moved or altered', async (t) => {
  const [one, two] = [await connected(), await connected()]
  const theirs = await grantOf(two)
  const own = await grantOf(one)
  if (theirs === undefined || own === undefined) return void t.fail('no grant')
  const { sealedAccessToken, sealedRefreshToken } = theirs
  await db.update(grants).set({ sealedAccessToken, sealedRefreshToken }).where(eq(grants.athleteId, one))
  t.same(await tokenOf(one), { state: 'needs_reauthorization' })
  t.equal(await stateOf(one), 'needs_reauthorization', 'the athlete has to connect again')
  const { sealedAccessToken: access, sealedRefreshToken: refresh } = own
  await db
    .update(grants)
    .set({ sealedAccessToken: access, sealedRefreshToken: refresh })
    .where(eq(grants.athleteId, one))
  await clock.advance(600_000)
  await eventually(async () => (await stateOf(one)) === 'active', { what: 'it opens again' })
  t.match(await tokenOf(one), { state: 'active' })
})

t.test('key ring: a rotation reseals values while auth runs', async (t) => {
  const ids = [await connected(), await connected(), await connected()]
  const leaving = await connected()
  const fault = strava.admin.addFault({ kind: 'error', status: 503, route: 'revoke' })
  t.same(await request(bus, INTERNAL_API.athleteDisconnect, { athlete_id: leaving }, 20_000), {
    revoked: false,
  })
  const sealedUnder = async (id: string) => {
    const prefix = `v1.${id}.%`
    const [row] = await db.execute<{ n: number }>(sql`
      select (select count(*) from ${grants} where sealed_access_token like ${prefix} and sealed_refresh_token like ${prefix})
        + (select count(*) from ${pendingErasures} where sealed_token like ${prefix}) as n`)
    return Number(row?.n)
  }
  const all = await sealedUnder('t1')
  t.ok(all >= 5)
  // A row that no key decrypts must not stop the others.
  const stray = newAthlete(harness)
  await db.insert(athletes).values({ id: stray, scopes: [], connectedAt: new Date() })
  const strange = { sealedAccessToken: 'v1.lost.AAAA', sealedRefreshToken: 'v1.lost.AAAA' }
  await db
    .insert(grants)
    .values({ athleteId: stray, ...strange, expiresAt: new Date(), refreshedAt: new Date() })

  const rotated = await harness.replica({ TOKEN_ENCRYPTION_KEYS: `${K2},${K1}` })
  const asking = Promise.all(Array.from({ length: 30 }, (_, n) => tokenOf(ids[n % ids.length] ?? '')))
  await eventually(async () => (await sealedUnder('t2')) === all)
  t.ok(
    (await asking).every(({ state }) => state === 'active'),
    'it stops no other work',
  )
  const metrics = async () => await (await fetch(`${rotated.urls.admin}/metrics`)).text()
  t.match(
    await metrics(),
    /^ikigai_sealed_values_old_key\{table="grants",service="auth"\} 1$/m,
    'the one that is lost',
  )
  t.match(await metrics(), /^ikigai_sealed_values_old_key\{table="pending_erasures",service="auth"\} 0$/m)
  t.match(harness.logs.text(), 'TOKEN_ENCRYPTION_KEYS does not decrypt sealed values')
  t.match(await metrics(), /^ikigai_sealed_values_unreadable\{table="grants",service="auth"\} 1$/m)
  await db.delete(athletes).where(eq(athletes.id, stray))

  strava.admin.removeFault(fault.id)
  const asked = harness.calls('revoke')
  await harness.replica({ TOKEN_ENCRYPTION_KEYS: K2 })
  await clock.advance(60_000)
  await eventually(async () => (await db.$count(pendingErasures)) === 0)
  t.ok(harness.calls('revoke') > asked, 'a pending erasure under the new key is completed')
  for (const id of ids) t.match(await tokenOf(id), { state: 'active' })
})
