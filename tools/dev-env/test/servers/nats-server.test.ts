import { readFile, stat, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { findNatsServer, PortInUseError, ServerFailedError, startNatsServer } from '@ikigai/dev-env'
import t from 'tap'
import { canConnect, workspaceCache } from './support.ts'

const { path } = await findNatsServer({
  cacheDir: workspaceCache,
  path: process.env['IKIGAI_TEST_NATS_SERVER'],
})

t.test('nats server: it starts with JetStream on a free port, and stops', async (t) => {
  const storeDir = t.testdir()
  const server = await startNatsServer({ path, storeDir })
  t.equal(server.url, `nats://127.0.0.1:${server.port}`)
  t.ok(await canConnect(server.port))
  t.ok((await stat(join(storeDir, 'jetstream'))).isDirectory())
  await server.stop()
  await server.stop()
  t.same(await server.exited, { code: 0, signal: null })
  t.notOk(await canConnect(server.port))
})

t.test('nats server: the program may have another name', async (t) => {
  const renamed = join(t.testdir({ bin: {}, data: {} }), 'bin', 'nats-2.x')
  await symlink(path, renamed)
  const server = await startNatsServer({ path: renamed, storeDir: join(t.testdirName, 'data') })
  t.ok(await canConnect(server.port))
  await server.stop()
})

t.test('nats server: it starts again on the same data and port, also after SIGKILL', async (t) => {
  const storeDir = t.testdir()
  const first = await startNatsServer({ path, storeDir })
  await first.kill('SIGKILL')
  const second = await startNatsServer({ path, storeDir, port: first.port })
  t.teardown(() => second.stop())
  t.equal(second.url, first.url)
})

t.test('nats server: a port that is taken is named', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await new Promise((resolve) => other.once('listening', resolve))
  const address = other.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const error: unknown = await startNatsServer({ path, storeDir: t.testdir(), port }).catch((e) => e)
  t.ok(error instanceof PortInUseError)
  t.match(error, { port, message: `Port ${port} on 127.0.0.1 is taken, and NATS needs it` })
})

t.test('nats server: credentials are asked for, and kept in a file of ours alone', async (t) => {
  const server = await startNatsServer({ path, storeDir: t.testdir(), user: 'ikigai', password: 'a "b" c' })
  t.teardown(() => server.stop())
  t.match(await readFile(join(server.dataDir, 'users.conf'), 'utf8'), 'password: "a \\"b\\" c"')
  t.equal((await stat(join(server.dataDir, 'users.conf'))).mode & 0o777, 0o600)
})

t.test('nats server: a configuration that the server refuses is told with its log', async (t) => {
  const storeDir = t.testdir({ 'bad.conf': 'no_such_setting_at_all: {' })
  const error: unknown = await startNatsServer({
    path,
    storeDir,
    configFile: join(storeDir, 'bad.conf'),
  }).catch((e) => e)
  t.ok(error instanceof ServerFailedError)
  t.match(error, { message: /ended while it was starting:\n.*Parse error/i })
})

t.test('nats server: a program that cannot be executed is said', async (t) => {
  await t.rejects(startNatsServer({ path: '/nowhere/nats-server', storeDir: t.testdir() }), {
    message: /NATS cannot be executed/,
  })
})
