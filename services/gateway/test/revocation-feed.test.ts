import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { connectBus, INTERNAL } from '@ikigai/bus'
import { openDatabase, sessionRevocations } from '@ikigai/db'
import { createRevocations } from '@ikigai/sessions'
import { eventually, freePort, type TestContext } from '@ikigai/testkit'
import t from 'tap'
import { startRevocationFeed } from '../src/sessions/revocation-feed.ts'
import { startHarness } from './harness.ts'
import { NOW } from './seed.ts'

const HOUR_MS = 3_600_000
const harness = await startHarness(t)
const { clock, logger, nats } = harness

/** A feed as in a gateway, but polling once an hour: revocations that it has read before came by a signal. */
async function startFeed(t: TestContext, db = harness.db) {
  const bus = await connectBus({ servers: [harness.natsUrl], name: 'gateway', logger })
  t.teardown(() => bus.close())
  const revocations = createRevocations({ clock })
  const feed = startRevocationFeed({ db, bus, clock, revocations, pollIntervalMs: HOUR_MS })
  t.teardown(() => feed.stop())
  await eventually(() => feed.isLoaded())
  const isRevoked = (sid: string) =>
    revocations.isRevoked({ sid, athleteId: '42', issuedAtMs: NOW, expiresAtMs: NOW + HOUR_MS })
  return { bus, feed, isRevoked }
}

/** A proxy to the database that can delay answers. */
async function slowDatabase(t: TestContext) {
  const url = new URL(harness.databaseUrl)
  const { hostname, port } = url
  let held: (() => void)[] | undefined
  const server = createServer((client) => {
    const postgres = connect(Number(port), hostname)
    client.pipe(postgres)
    client.on('close', () => postgres.destroy())
    postgres.on('data', (chunk) => {
      if (held === undefined) client.write(chunk)
      else held.push(() => client.write(chunk))
    })
  })
  url.hostname = '127.0.0.1'
  url.port = String(await freePort())
  await once(server.listen(Number(url.port), url.hostname), 'listening')
  const database = openDatabase({ url: url.href, name: 'gateway', max: 1 })
  t.teardown(async () => {
    await database.close()
    server.close()
  })
  return {
    db: database.db,
    hold: () => {
      held = []
    },
    hasAnswered: () => held !== undefined && held.length > 0,
    letGo: () => {
      for (const pass of held ?? []) pass()
      held = undefined
    },
  }
}

/** Records a revocation, as auth does. */
async function revoke(): Promise<string> {
  const sid = randomUUID()
  const times = { revokedAt: new Date(NOW), expiresAt: new Date(NOW + HOUR_MS) }
  await harness.db.insert(sessionRevocations).values({ id: sid, sessionId: sid, ...times })
  return sid
}

t.test('revocation feed: a signal reaches every gateway', async (t) => {
  const feeds = await Promise.all([startFeed(t), startFeed(t), startFeed(t)])
  const auth = await connectBus({ servers: [harness.natsUrl], name: 'auth', logger })
  t.teardown(() => auth.close())
  for (const { bus } of feeds) await bus.ping()
  const sid = await revoke()
  auth.nc.publish(INTERNAL.sessionRevoked)
  for (const { isRevoked } of feeds) await eventually(() => isRevoked(sid))
  t.pass()
})

t.test('revocation feed: revocations during an outage of NATS are read on reconnect', async (t) => {
  const { isRevoked } = await startFeed(t)
  await nats.interrupt()
  const sid = await revoke()
  t.notOk(isRevoked(sid), 'no signal arrived')
  await nats.resume()
  await eventually(() => isRevoked(sid))
})

t.test('revocation feed: refresh waits for a read that began after it', async (t) => {
  const slow = await slowDatabase(t)
  const { feed, isRevoked } = await startFeed(t, slow.db)
  await feed.refresh()
  slow.hold()
  const underWay = feed.refresh()
  await eventually(() => slow.hasAnswered())
  const sid = await revoke()
  const [one, other] = [feed.refresh(), feed.refresh()]
  slow.letGo()
  await underWay
  t.notOk(isRevoked(sid))
  await Promise.all([one, other])
  t.ok(isRevoked(sid))
})

t.test('revocation feed: after a restore all earlier sessions have ended', async (t) => {
  const { feed, isRevoked } = await startFeed(t)
  t.notOk(isRevoked('any'))
  const all = { id: 'restore:1', revokedAt: new Date(NOW + 1), expiresAt: new Date(NOW + HOUR_MS) }
  await harness.db.insert(sessionRevocations).values(all)
  await feed.refresh()
  t.ok(isRevoked('any'))
})
