import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { findNatsServer } from '@ikigai/embedded'
import t from 'tap'
import { canConnect, until, workspaceCache } from './support.ts'

t.test('a server ends when its parent is killed', async (t) => {
  const { path } = await findNatsServer({
    cacheDir: workspaceCache,
    path: process.env['IKIGAI_TEST_NATS_SERVER'],
  })
  const script = `
    import { startNatsServer } from ${JSON.stringify(import.meta.resolve('@ikigai/embedded'))}
    const server = await startNatsServer(${JSON.stringify({ path, storeDir: t.testdir() })})
    console.log(server.port)
    setInterval(() => {}, 1000)`
  const parent = spawn(
    process.execPath,
    ['--import=tsx', '--conditions=@ikigai/source', '--input-type=module', '--eval', script],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  t.teardown(() => parent.kill('SIGKILL'))
  const [line] = await new Promise<string[]>((resolve) =>
    createInterface(parent.stdout).once('line', (l) => resolve([l])),
  )
  const port = Number(line)
  t.ok(await canConnect(port))
  parent.kill('SIGKILL')
  await until(async () => !(await canConnect(port)))
})
