import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findNatsServer, workspaceRoot } from '@ikigai/dev-env'
import t from 'tap'
import { eventually, programArguments } from '../src/index.ts'

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isOpen = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return isOpen
}

t.test('parent: a server ends when its parent is killed', async (t) => {
  const { path } = await findNatsServer({
    cacheDir: join(workspaceRoot(), '.ikigai', 'cache'),
    path: process.env['IKIGAI_TEST_NATS_SERVER'],
  })
  const program = new URL('programs/parent.ts', import.meta.url)
  const parent = spawn(process.execPath, [...programArguments(program), path, t.testdir()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => parent.kill('SIGKILL'))
  const [line] = await once(createInterface(parent.stdout), 'line')
  const port = Number(line)
  t.ok(await canConnect(port))
  parent.kill('SIGKILL')
  await eventually(async () => !(await canConnect(port)))
})
