import type { ServerExit } from '@ikigai/dev-env'
import t from 'tap'
import type { Component } from '../../src/launcher/component.ts'
import { createSupervisor } from '../../src/launcher/supervisor.ts'

interface Fake extends Component {
  die(exit: ServerExit): void
}

function component(name: string, stopped: string[]): Fake {
  let die: (exit: ServerExit) => void = () => {}
  const exited = new Promise<ServerExit>((resolve) => {
    die = resolve
  })
  return {
    name,
    logFile: `/logs/${name}.log`,
    exited,
    lastLines: () => 'out of memory',
    die: (exit) => die(exit),
    async stop() {
      stopped.push(name)
      die({ code: 0, signal: null })
    },
  }
}

t.test('supervisor: the last started is stopped first', async (t) => {
  const stopped: string[] = []
  const told: string[] = []
  const supervisor = createSupervisor()
  for (const name of ['database', 'service']) await supervisor.adopt(component(name, stopped))
  t.notOk(supervisor.signal.aborted)
  await supervisor.stopAll((name) => told.push(name))
  t.same(stopped, ['service', 'database'])
  t.same(told, stopped)
})

t.test('supervisor: a process that dies ends all, and its last log lines are shown', async (t) => {
  const supervisor = createSupervisor()
  const service = await supervisor.adopt(component('fetcher', []))
  const aborted = new Promise((resolve) => supervisor.signal.addEventListener('abort', resolve))
  service.die({ code: null, signal: 'SIGKILL' })
  await aborted
  t.match(supervisor.signal.reason, {
    name: 'LaunchError',
    message: 'fetcher ended by SIGKILL. Its last log lines (/logs/fetcher.log):\nout of memory',
  })
})

t.test('supervisor: what comes after the end was decided is stopped at once', async (t) => {
  const stopped: string[] = []
  const supervisor = createSupervisor()
  supervisor.interrupt()
  await t.rejects(supervisor.adopt(component('late', stopped)), { name: 'StoppedError' })
  t.same(stopped, ['late'])
})
