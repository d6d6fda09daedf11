import { randomUUID } from 'node:crypto'
import { connectBus, INTERNAL } from '@ikigai/bus'
import { sessionRevocations } from '@ikigai/db'
import { createRevocations } from '@ikigai/sessions'
import { eventually, type TestContext } from '@ikigai/testkit'
import t from 'tap'
import { startRevocationFeed } from '../src/sessions/revocation-feed.ts'
import { NOW } from './seed.ts'
import { startWorld } from './world.ts'

const HOUR_MS = 3_600_000
const world = await startWorld(t)
const { db, clock, logger, nats } = world

/** A feed as a gateway has it, which looks by itself once an hour: whatever it knows before, it was told. */
async function startFeed(t: TestContext) {
  const bus = await connectBus({ servers: [world.natsUrl], name: 'gateway', logger })
  t.teardown(() => bus.close())
  const revocations = createRevocations({ clock })
  const feed = startRevocationFeed({ db, bus, clock, revocations, catchUpMs: HOUR_MS })
  t.teardown(() => feed.stop())
  await eventually(() => feed.isLoaded())
  const isRevoked = (sid: string) =>
    revocations.isRevoked({ sid, athleteId: '42', issuedAtMs: NOW, expiresAtMs: NOW + HOUR_MS })
  return { bus, feed, isRevoked }
}

/** What auth records when a session ends. */
async function revoke(): Promise<string> {
  const sid = randomUUID()
  const times = { revokedAt: new Date(NOW), expiresAt: new Date(NOW + HOUR_MS) }
  await db.insert(sessionRevocations).values({ id: sid, sessionId: sid, ...times })
  return sid
}

t.test('a message alone tells every gateway', async (t) => {
  const feeds = await Promise.all([startFeed(t), startFeed(t), startFeed(t)])
  const auth = await connectBus({ servers: [world.natsUrl], name: 'auth', logger })
  t.teardown(() => auth.close())
  for (const { bus } of feeds) await bus.ping()
  const sid = await revoke()
  auth.nc.publish(INTERNAL.sessionRevoked)
  for (const { isRevoked } of feeds) await eventually(() => isRevoked(sid))
  t.pass()
})

t.test('what was told while NATS was away is read when it is back', async (t) => {
  const { isRevoked } = await startFeed(t)
  await nats.interrupt()
  const sid = await revoke()
  t.notOk(isRevoked(sid), 'nobody could say so')
  await nats.resume()
  await eventually(() => isRevoked(sid))
})

t.test('whoever asks knows what was committed before, even with a read under way', async (t) => {
  const { feed, isRevoked } = await startFeed(t)
  for (let round = 0; round < 20; round += 1) {
    const underWay = feed.refresh()
    const sid = await revoke()
    await Promise.all([feed.refresh(), feed.refresh()])
    t.ok(isRevoked(sid))
    await underWay
  }
})
