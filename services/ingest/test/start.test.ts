import { connect, createServer } from 'node:net'
import { eventually, freePort } from '@ikigai/testkit'
import t from 'tap'
import { deliver, eventText, startHarness } from './harness.ts'

t.test('start: waits for its dependencies, logs it, then works', async (t) => {
  const harness = await startHarness(t)
  const real = new URL(harness.databaseUrl)
  const [databasePort, adminPort] = [await freePort(), await freePort()]
  const away = new URL(harness.databaseUrl)
  away.port = String(databasePort)
  await harness.nats.interrupt()

  const starting = harness.ingest({ DATABASE_URL: away.href, ADMIN_PORT: String(adminPort) })
  const ready = () => fetch(`http://127.0.0.1:${adminPort}/readyz`)
  const status = await eventually(async () => (await ready()).status)
  t.equal(status, 503)
  t.match(await (await ready()).json(), { status: 'starting' })
  await eventually(() => harness.logs.text().includes('waiting for PostgreSQL'))

  const proxy = createServer((socket) => {
    const there = connect(Number(real.port), real.hostname)
    for (const [one, other] of [
      [socket, there],
      [there, socket],
    ] as const)
      one.pipe(other).on('error', () => one.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(databasePort, '127.0.0.1', resolve))
  t.teardown(() => proxy.close())
  await harness.nats.resume()
  const ingest = await starting
  t.equal((await ready()).status, 200)
  t.equal((await deliver(ingest, eventText())).status, 200)
  // The test's own connection may come back later than the service's.
  await eventually(async () => (await harness.storedCount()) === 1, { timeoutMs: 30_000 })
})
