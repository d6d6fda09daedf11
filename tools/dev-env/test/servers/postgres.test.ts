import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { basename, join } from 'node:path'
import {
  AlreadyRunningError,
  PortInUseError,
  type RunningServer,
  startPostgres,
  temporaryDir,
} from '@ikigai/dev-env'
import postgres from 'postgres'
import t from 'tap'
import { waitUntilGone } from '../../src/servers/processes.ts'

const asRoot = process.getuid?.() === 0

async function temporaryFolder(t: { teardown(handler: () => unknown): unknown }): Promise<string> {
  // Not t.testdir(): as root, the server's own user must have a way into it.
  const folder = await temporaryDir('ikigai-embedded-')
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function query(server: RunningServer, text: string): Promise<readonly Record<string, unknown>[]> {
  const sql = postgres(server.url, { max: 1, onnotice: () => {} })
  try {
    return [...(await sql.unsafe<Record<string, unknown>[]>(text))]
  } finally {
    await sql.end()
  }
}

t.test(
  'PostgreSQL: data and password survive a clean stop, a crash, a reused process id and an interrupted creation',
  async (t) => {
    const dataDir = await temporaryFolder(t)
    const steps: string[] = []
    // As if the very first start had been interrupted while it created the cluster.
    await mkdir(join(dataDir, 'cluster.new'))
    await writeFile(join(dataDir, 'cluster.new', 'PG_VERSION'), '18\n')
    const first = await startPostgres({ dataDir, onProgress: (step) => steps.push(step) })
    t.match(steps, ['creating the database cluster'])
    await query(first, 'create table kept (id int)')
    await first.stop()
    await first.stop()
    t.same(await first.exited, { code: 0, signal: null })

    const second = await startPostgres({ dataDir, port: first.port, onProgress: (step) => steps.push(step) })
    t.equal(second.url, first.url)
    t.equal(steps.length, 1, 'no second creation')
    await query(second, 'insert into kept values (1)')
    await second.kill('SIGKILL')

    // As after a restart of a container: the id of the dead server belongs to another program now.
    const lockFile = join(dataDir, 'cluster', 'postmaster.pid')
    await writeFile(lockFile, (await readFile(lockFile, 'utf8')).replace(/^\d+/, String(process.pid)))
    const third = await startPostgres({ dataDir })
    t.teardown(() => third.stop())
    t.same(await query(third, 'select id from kept'), [{ id: 1 }])
  },
)

t.test(
  'PostgreSQL: it requires a password, listens only on the loopback interface, and takes settings',
  async (t) => {
    const dataDir = await temporaryFolder(t)
    const server = await startPostgres({
      dataDir,
      temporary: true,
      database: 'other',
      settings: { max_connections: 7 },
    })
    t.equal(new URL(server.url).pathname, '/other')
    t.same(
      await query(
        server,
        `select name, setting from pg_settings where name in ('fsync', 'listen_addresses',
      'max_connections', 'unix_socket_directories') order by name`,
      ),
      [
        { name: 'fsync', setting: 'off' },
        { name: 'listen_addresses', setting: '127.0.0.1' },
        { name: 'max_connections', setting: '7' },
        { name: 'unix_socket_directories', setting: '' },
      ],
    )
    t.equal((await stat(join(dataDir, 'password'))).mode & 0o777, 0o600)
    const stranger = new URL(server.url)
    stranger.password = 'guessed'
    await t.rejects(query({ ...server, url: stranger.href }, 'select 1'), { code: '28P01' })
    await server.stop()
    await t.rejects(stat(dataDir), { code: 'ENOENT' }, 'temporary data are removed')
  },
)

t.test('postgres: a port that is taken is named', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await new Promise((resolve) => other.once('listening', resolve))
  const address = other.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const error: unknown = await startPostgres({ dataDir: await temporaryFolder(t), port }).catch((e) => e)
  t.ok(error instanceof PortInUseError)
  t.match(error, { port, server: 'PostgreSQL' })
})

t.test('postgres: a server that still runs on the same data is told from another program', async (t) => {
  const own = basename(process.argv[1] ?? '')
  await t.rejects(waitUntilGone('PostgreSQL', process.pid, own, '/data', 0), AlreadyRunningError)
  await waitUntilGone('PostgreSQL', process.pid, 'something else', '/data', 0)
})

t.test(
  'postgres: a folder without a way for the server’s user is replaced by another',
  { skip: !asRoot && 'needs root' },
  async (t) => {
    const closed = await temporaryFolder(t)
    const steps: string[] = []
    const server = await startPostgres({
      dataDir: join(closed, 'data'),
      temporary: true,
      onProgress: (step) => steps.push(step),
    })
    t.match(server.dataDir, /^\/var\/lib\/ikigai\/[0-9a-f]{16}$/)
    t.match(steps[0], /no way into/)
    t.same(await query(server, 'select 1 as one'), [{ one: 1 }])
    await server.stop()
  },
)
