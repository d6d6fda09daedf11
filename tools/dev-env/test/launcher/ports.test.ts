import { once } from 'node:events'
import { createServer } from 'node:net'
import { freePort } from '@ikigai/dev-env'
import t from 'tap'
import { type LaunchConfig, loadLaunchConfig } from '../../src/launcher/launch-config.ts'
import { assertPortsAvailable, rememberedPort } from '../../src/launcher/ports.ts'

const SETTINGS = [
  'GATEWAY',
  'GATEWAY_ADMIN',
  'INGEST',
  'INGEST_ADMIN',
  'AUTH',
  'AUTH_ADMIN',
  'FETCHER_ADMIN',
  'SIMULATOR',
]

async function freeConfig(changes: Readonly<Record<string, string>> = {}): Promise<LaunchConfig> {
  const ports = await Promise.all(SETTINGS.map(async (name) => [`${name}_PORT`, String(await freePort())]))
  return loadLaunchConfig({ ...Object.fromEntries(ports), ...changes })
}

async function takenPort(t: { teardown(handler: () => unknown): unknown }): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : 0
}

t.test('ports: free ports pass', async (t) => {
  await t.resolves(assertPortsAvailable(await freeConfig(), true, false))
})

t.test('ports: every port that is taken or given twice is named with its setting', async (t) => {
  const taken = String(await takenPort(t))
  const twice = String(await freePort())
  const config = await freeConfig({ GATEWAY_PORT: taken, AUTH_PORT: twice, INGEST_ADMIN_PORT: twice })
  await t.rejects(assertPortsAvailable(config, true, true), {
    message: new RegExp(
      `Port ${taken} is taken, and the gateway needs it.*set GATEWAY_PORT\\.\n` +
        `Port ${twice} is given to two: INGEST_ADMIN_PORT and AUTH_PORT\\.\nPerhaps`,
    ),
  })
})

t.test('ports: ports of what is not started do not matter', async (t) => {
  const taken = String(await takenPort(t))
  const config = await freeConfig({
    SIMULATOR_PORT: taken,
    POSTGRES_PORT: taken,
    DATABASE_URL: 'postgres://elsewhere/x',
    NATS_PORT: taken,
    NATS_URL: 'nats://elsewhere',
  })
  await t.resolves(assertPortsAvailable(config, false, false))
})

t.test('ports: a port is remembered until somebody else takes it', async (t) => {
  const folder = t.testdir()
  const first = await rememberedPort(folder, 'postgres')
  t.equal(await rememberedPort(folder, 'postgres'), first)
  const other = createServer().listen(first, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  t.not(await rememberedPort(folder, 'postgres'), first)
})

t.test('ports: ports are asked for where the services listen', async (t) => {
  const taken = String(await takenPort(t))
  const config = await freeConfig({ GATEWAY_PORT: taken, HOST: '127.0.0.2' })
  await t.resolves(assertPortsAvailable(config, true, false), 'taken at another address')
})

t.test('ports: a HOST of another machine is a fault of the configuration', async (t) => {
  const config = await freeConfig({ HOST: '203.0.113.7' })
  await t.rejects(assertPortsAvailable(config, true, false), {
    name: 'ConfigurationError',
    message: /HOST is no address of this machine \(EADDRNOTAVAIL\)/,
  })
})
