import { athletes } from '@ikigai/db'
import { eventually, TestClock } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { startStack } from './stack.ts'

const HOUR_MS = 3_600_000
const clock = new TestClock(Date.now())
const stack = await startStack(t, { clock })
const { admin } = stack.strava

const imported = async () => {
  const { id } = admin.createAthlete({ activities: 4 })
  const visitor = await stack.signIn(id)
  await eventually(async () => (await visitor.get('/v1/import')).body['state'] === 'complete')
  await eventually(
    async () => {
      await clock.jump(5_000)
      return admin.subscription() !== null
    },
    { timeoutMs: 60_000, intervalMs: 20 },
  )
  return { id, visitor }
}
/** A deauthorization that nobody at Strava has sent. */
const forge = (id: string) =>
  admin.sendEvent({
    objectType: 'athlete',
    objectId: id,
    ownerId: id,
    aspectType: 'update',
    updates: { authorized: 'false' },
  })
const isHere = async (id: string) => (await stack.db.$count(athletes, eq(athletes.id, id))) === 1

t.test('grant ends: a forged deauthorization while an answer is lost erases nobody', async (t) => {
  const { id, visitor } = await imported()
  admin.addFault({ kind: 'lost-response', route: 'refresh', count: 1 })
  forge(id)
  await eventually(
    async () => {
      await clock.jump(5_000)
      return (await visitor.get('/v1/me')).body['grant'] === 'needs_reauthorization'
    },
    { timeoutMs: 60_000, intervalMs: 20, what: 'the athlete is told' },
  )
  t.ok(await isHere(id))
  t.match((await visitor.get('/v1/import')).body, {
    state: 'blocked',
    waiting: { reason: 'needs_reauthorization', until: null },
  })
  t.equal((await visitor.get('/v1/activities/random')).status, 200, 'what is here is still shown')
  t.match(
    (await visitor.get('/v1/me')).body,
    { connection: { state: /^(needs_reauthorization|ended_at_strava)$/, erased_at: String } },
    'and when all is erased unless they do',
  )
  const again = await stack.signIn(id)
  t.match((await again.get('/v1/me')).body, {
    grant: 'active',
    connection: { state: 'active', erased_at: null },
  })
})

t.test('grant: one that ends silently after the import shows `connect again` everywhere', async (t) => {
  const { id, visitor } = await imported()
  admin.addWebhookFault({ kind: 'lost' })
  admin.deauthorizeAthlete(id)
  await eventually(
    async () => {
      await clock.jump(HOUR_MS)
      return (await visitor.get('/v1/me')).body['grant'] === 'needs_reauthorization'
    },
    { timeoutMs: 60_000, intervalMs: 20, what: 'the next listing meets it' },
  )
  t.match((await visitor.get('/v1/import')).body, {
    state: 'blocked',
    completed_at: String,
    waiting: { reason: 'needs_reauthorization' },
  })
  t.match((await visitor.get('/v1/me')).body, {
    connection: { state: 'needs_reauthorization', erased_at: String },
  })
  t.ok(await isHere(id))
})

t.test('grant ends: a disconnect at Strava is told as what it is', async (t) => {
  admin.clearWebhookFaults()
  const { id, visitor } = await imported()
  admin.deauthorizeAthlete(id)
  await eventually(
    async () => {
      await clock.jump(5_000)
      return (await visitor.get('/v1/me')).status === 401
    },
    { timeoutMs: 60_000, intervalMs: 20, what: 'the athlete is erased' },
  )
  t.match((await visitor.get('/v1/import')).body, { type: '/problems/disconnected' })
  t.notOk(await isHere(id))
})
