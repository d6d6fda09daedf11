import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { INTERNAL_API, request } from '@ikigai/bus'
import { athletes, grants } from '@ikigai/db'
import { eventually, freePort, programArguments } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { newAthlete, signIn, startHarness } from './harness.ts'

t.test('refresh: when auth is killed before the answer, the grant is blocked, not erased', async (t) => {
  const harness = await startHarness(t)
  const { db, bus, strava } = harness
  const { admin } = strava
  const id = newAthlete(harness)
  await signIn(harness, id)
  const before = admin.tokens(id)
  const grantOf = async () => (await db.select().from(grants).where(eq(grants.athleteId, id)))[0]
  const verify = () => request(bus, INTERNAL_API.grantVerify, { athlete_id: id }, 20_000)
  await harness.auth.stop()

  const adminPort = await freePort()
  const child = spawn(process.execPath, programArguments(new URL('programs/auth.ts', import.meta.url)), {
    stdio: 'ignore',
    env: { ...harness.environment, PORT: '0', ADMIN_PORT: String(adminPort) },
  })
  const exited = once(child, 'exit')
  t.teardown(() => child.kill('SIGKILL'))
  const ready = () => fetch(`http://127.0.0.1:${adminPort}/readyz`).then(({ ok }) => ok)
  await eventually(() => ready().catch(() => false), { timeoutMs: 30_000 })
  admin.addFault({ kind: 'slow', latencyMs: 3_000, route: 'refresh', count: 1 })
  const unanswered = t.rejects(request(bus, INTERNAL_API.grantVerify, { athlete_id: id }, 5_000))
  await eventually(() => harness.calls('refresh') === 1)
  t.not((await grantOf())?.refreshBegunAt ?? null, null, 'the mark is committed before Strava answers')
  child.kill('SIGKILL')
  await exited
  await unanswered
  await eventually(() => admin.tokens(id)?.refreshToken !== before?.refreshToken, {
    what: 'Strava has replaced the refresh token',
  })
  t.not((await grantOf())?.refreshBegunAt ?? null, null, 'the trace')

  await harness.replica()
  const answer = await verify()
  t.same(answer, { state: 'provable', access_token: before?.accessToken })
  t.match(harness.logs.text(), '"outcomeWasUnknown":true')
  const token_sha256 = createHash('sha256')
    .update(before?.accessToken ?? '')
    .digest('hex')
  t.same(
    await request(bus, INTERNAL_API.grantProof, {
      athlete_id: id,
      token_sha256,
      answer: 'accepted',
      answered_at: Date.now(),
    }),
    { state: 'blocked' },
  )
  t.match(await db.select().from(athletes), [{ id, grantState: 'needs_reauthorization' }])
})
