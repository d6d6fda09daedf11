import { execFile } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connectBus, keepProvisioned, provision, STREAMS, streamFills } from '@ikigai/bus'
import { createLogger, systemClock } from '@ikigai/chassis'
import { findNatsServer, type RunningServer, startNatsServer, workspaceRoot } from '@ikigai/dev-env'
import { captureLogs, eventually, freePort } from '@ikigai/testkit'
import t from 'tap'

/** With three servers a cluster wants all streams on three; older servers do not do that reliably. */
const MIN_VERSION = /v(2\.1\d|2\.[2-9]\d|[3-9]\.)/

const { path } = await findNatsServer({
  cacheDir: join(workspaceRoot(), '.ikigai', 'cache'),
  path: process.env['IKIGAI_TEST_NATS_SERVER'],
})
const { stdout: version } = await promisify(execFile)(path, ['--version'])
const skip = MIN_VERSION.test(version) ? false : `${version.trim()} is older than 2.10, which clusters need`

/** One server of a cluster of three. */
async function member(index: number, routes: readonly number[]): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ikigai-cluster-'))
  const file = join(folder, 'cluster.conf')
  const urls = routes.map((port) => `nats://127.0.0.1:${port}`).join(', ')
  await writeFile(
    file,
    `server_name: n${index}\ncluster { name: test, listen: "127.0.0.1:${routes[index]}", routes: [${urls}] }\n`,
  )
  return startNatsServer({ path, storeDir: join(folder, 'store'), configFile: file, temporary: true })
}

t.test(
  'a cluster with a server down at first: three replicas once it is up, a warning until then',
  { skip },
  async (t) => {
    const routes = await Promise.all([freePort(), freePort(), freePort()])
    const servers = await Promise.all([member(0, routes), member(1, routes)])
    t.teardown(() => Promise.all(servers.map((server) => server.stop())))
    const logs = captureLogs()
    const bus = await connectBus({
      servers: servers.map(({ url }) => url),
      name: 'test',
      logger: createLogger({ service: 'test', level: 'info', destination: logs }),
    })
    t.teardown(() => bus.close())
    await eventually(
      () =>
        provision(bus).then(
          () => true,
          () => false,
        ),
      { timeoutMs: 60_000, what: 'a leader' },
    )
    const keeper = keepProvisioned(bus, { clock: systemClock, onProvisioned: async () => {} })
    t.teardown(() => keeper.stop())
    await eventually(() => logs.text().includes('streams are not on three servers yet'))
    t.ok((await streamFills(bus)).every(({ missingReplicas }) => missingReplicas === 2))

    servers.push(await member(2, routes))
    await eventually(
      async () => (await streamFills(bus)).every(({ missingReplicas }) => missingReplicas === 0),
      {
        timeoutMs: 90_000,
        what: 'every stream is on three servers',
      },
    )
    const jsm = await bus.nc.jetstreamManager()
    for (const stream of Object.values(STREAMS)) {
      const { config, cluster } = await jsm.streams.info(stream)
      const following = (cluster?.replicas ?? []).filter(({ current }) => current)
      t.equal(config.num_replicas, 3, stream)
      t.ok(following.length >= 2, `${stream}: two servers follow the leader`)
    }
    await eventually(() => logs.text().includes('every stream is on three servers'), { timeoutMs: 60_000 })
  },
)
